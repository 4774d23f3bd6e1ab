"""The journal tells whether the last run came to its end, even when the run was killed while writing it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netproof.state.instance import Instance
from netproof.state.journal import Journal, unfinished

LAB = Instance("bridge-nat", "second")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("state_dir")


def test_an_instance_without_a_journal_has_nothing_unfinished() -> None:
    """Nothing was begun, so nothing was left."""
    assert unfinished(LAB) is None


def test_a_run_that_came_to_its_end_is_finished() -> None:
    """After `done` there is nothing to complete."""
    journal = Journal.begin(LAB, "up")
    journal.step("host", part="host")
    journal.done()
    assert unfinished(LAB) is None


def test_a_run_without_an_end_tells_its_last_step() -> None:
    """The step named is the last that was begun."""
    journal = Journal.begin(LAB, "up")
    assert unfinished(LAB) == "begin"
    journal.step("host", part="host")
    journal.step("container", part="client")
    assert unfinished(LAB) == "container"


def test_a_new_run_starts_a_new_journal() -> None:
    """What an earlier run left is not told of the next one."""
    Journal.begin(LAB, "up").step("container", part="client")
    Journal.begin(LAB, "up").done()
    assert unfinished(LAB) is None


def test_journals_of_copies_are_their_own() -> None:
    """A copy that stopped half-way says nothing about another."""
    Journal.begin(LAB, "up")
    assert unfinished(Instance("bridge-nat")) is None


def test_a_step_holds_what_it_was_about() -> None:
    """Each line is one JSON document with the step, its time, the process and what it is about."""
    journal = Journal.begin(LAB, "lab up")
    journal.step("container", part="client")
    begin, step = [json.loads(line) for line in journal.path.read_text().splitlines()]
    assert begin["command"] == "lab up"
    assert (step["step"], step["part"]) == ("container", "client")
    assert {"at", "pid"} <= step.keys()


def test_a_journal_cut_off_anywhere_tells_the_last_whole_step() -> None:
    """However much of its last line a killed run wrote, the step before it is known, and none is invented."""
    journal = Journal.begin(LAB, "up")
    journal.step("host", part="host")
    kept = len(journal.path.read_bytes())
    journal.step("container", part="client")
    whole = journal.path.read_bytes()
    for length in range(kept, len(whole) - 1):
        journal.path.write_bytes(whole[:length])
        assert unfinished(LAB) == ("container" if length == len(whole) - 1 else "host")


def test_a_cut_off_done_is_not_the_end() -> None:
    """A run that was killed while writing that it was done counts as not finished."""
    journal = Journal.begin(LAB, "up")
    journal.step("snapshot")
    journal.done()
    journal.path.write_bytes(journal.path.read_bytes()[:-3])
    assert unfinished(LAB) == "snapshot"


def test_an_empty_journal_is_of_a_run_that_did_nothing() -> None:
    """Killed before its first line, a run has left nothing behind."""
    Journal.begin(LAB, "up").path.write_text("")
    assert unfinished(LAB) is None


def test_a_step_is_on_disk_before_it_begins() -> None:
    """A process that kills itself right after writing a step has written it."""
    program = (
        "import os, signal; from netproof.state.instance import Instance; "
        "from netproof.state.journal import Journal; "
        "journal = Journal.begin(Instance('bridge-nat', 'second'), 'up'); journal.step('host', part='host');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert unfinished(LAB) == "host"
