"""Two real processes contend for an instance: one waits, knows for whom, and gets its turn."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netproof.errors import Busy
from netproof.state import lock
from netproof.state.instance import Instance
from netproof.state.lock import locked

ROOT = Path(__file__).parents[2]
LAB = Instance("bridge-nat", "second")

pytestmark = pytest.mark.usefixtures("state_dir")

# Says what it is told and when it has the lock, which it holds until its input ends.
_PROGRAM = """
import sys
from netproof.state.lock import locked
from netproof.state.instance import Instance
def say(text): print(text, flush=True)
with locked(Instance("bridge-nat", "second"), sys.argv[1], say):
    say("mine")
    sys.stdin.read()
say("gone")
"""


class Contender:
    """Another process that wants the lock."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid

    def says(self) -> str:
        """Its next line, without the end; empty when it has ended."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def let_go(self) -> None:
        """End its input, and with it its hold."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """End it without its doing."""
        self._process.kill()
        self._process.wait()


@contextmanager
def contender(command: str) -> Iterator[Contender]:
    """A process that takes the lock as soon as it can, saying so."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Contender(process)
        finally:
            process.kill()


def silent(text: str) -> None:
    """For locks that must be free."""
    raise AssertionError(text)


def test_a_free_lock_is_taken_without_a_word() -> None:
    """Nobody waits, so nobody is told anything; twice in a row is fine."""
    for _ in range(2):
        with locked(LAB, "lab up", silent):
            pass


def test_the_second_process_is_told_the_holder_and_gets_the_lock_after_it() -> None:
    """While one process holds the lock another waits, naming its pid and command, and has it afterwards."""
    with contender("lab up bridge-nat --as second") as first, contender("lab down bridge-nat --as second") as second:
        order = [first, second] if (line := first.says()) == "mine" else [second, first]
        holder, waiter = order
        told = waiter.says() if order[0] is first else line
        if order[0] is second:
            assert second.says() == "mine"
        command = "lab up" if holder is first else "lab down"
        expected = rf"waiting for process {holder.pid} \({command} bridge-nat --as second, since \d\d:\d\d:\d\d\)"
        assert re.fullmatch(expected, told)
        holder.let_go()
        assert holder.says() == "gone"
        assert waiter.says() == "mine"


def test_a_wait_in_vain_ends_in_busy_with_the_holder(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the holder does not let go in time, the error names its pid and command and what to do."""
    monkeypatch.setattr(lock, "WAIT", 0.05)
    told: list[str] = []
    with contender("lab up bridge-nat --as second") as holder:
        assert holder.says() == "mine"
        with pytest.raises(Busy) as caught, locked(LAB, "lab down", told.append):
            pytest.fail("two processes hold the lock")
        who = f"process {holder.pid} (lab up bridge-nat --as second"
        assert who in caught.value.problem
        assert "bridge-nat@second" in caught.value.problem
        assert caught.value.remedy
        assert [who in line for line in told] == [True]


def test_the_lock_of_a_killed_process_is_free() -> None:
    """The kernel lets go for a process that cannot; what it left behind stops nobody."""
    with contender("lab up") as holder:
        assert holder.says() == "mine"
        holder.kill()
        with locked(LAB, "lab up", silent):
            pass


def test_copies_of_a_lab_do_not_wait_for_each_other() -> None:
    """Each instance has a lock of its own."""
    with contender("lab up") as holder:
        assert holder.says() == "mine"
        with locked(Instance("bridge-nat"), "lab up", silent), locked(Instance("overlay"), "lab up", silent):
            pass


def test_the_lock_is_released_when_the_body_fails() -> None:
    """An error in a run passes through and leaves the lock free."""
    with pytest.raises(LookupError, match="no cat"), locked(LAB, "lab up", silent):
        raise LookupError("no cat")
    with contender("lab up") as other:
        assert other.says() == "mine"


def test_a_lock_survives_the_removal_of_its_instance() -> None:
    """`lab down` removes the instance's files while it holds the lock, and others still wait."""
    told: list[str] = []
    with contender("lab down") as holder:
        assert holder.says() == "mine"
        LAB.forget()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lock, "WAIT", 0.05)
            with pytest.raises(Busy), locked(LAB, "lab up", told.append):
                pytest.fail("two processes hold the lock")
    assert str(os.getpid()) not in told[0]
