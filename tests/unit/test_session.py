"""A process by way of the agent: what goes in, what comes out, how it ends. Here the agent runs on this machine."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netproof.errors import AgentError, HostDied
from netproof.lab import agent_client
from netproof.lab.session import Request, Session
from netproof.wait import until
from tests.unit.test_agent_client import Pipes

LIMIT = 20.0
GONE = -1  # instead of an exit code


class Asked:
    """A session under way, and what it has brought."""

    def __init__(self, pipes: Pipes) -> None:
        self.pipes = pipes
        self.session = Session(pipes, "host")
        self.out, self.err = bytearray(), bytearray()

    def run(self, *command: str, data: bytes = b"", size: tuple[int, int] | None = None) -> int:
        """Run a command with `data` on its input."""
        pending = [data[at : at + 30_000] for at in range(0, len(data), 30_000)]
        request = Request("host", command, {"TERM": "xterm"}, size)
        return self.session.run(request, lambda _: pending.pop(0) if pending else b"", self.out.extend, self.err.extend)

    def background(self, *command: str, **more: object) -> Callable[[], int]:
        """As `run`, in a thread of its own; what is returned waits for its end."""
        codes: list[int] = []

        def run() -> None:
            try:
                codes.append(self.run(*command, **more))  # type: ignore[arg-type]
            except HostDied:
                codes.append(GONE)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def end() -> int:
            thread.join(LIMIT)
            return codes[0]

        return end


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """A session with an agent that keeps its files in a temporary directory."""
    (tmp_path / "run").mkdir()  # as PID 1 of a lab host does
    code, *words = agent_client.SESSION_COMMAND[2:]
    pipes = Pipes([sys.executable, "-c", code.replace("/run/netproof", str(tmp_path / "run")), *words])
    yield Asked(pipes)
    pipes.kill()
    pipes.close()


def test_bytes_pass_unchanged_both_ways(asked: Asked) -> None:
    """Megabytes of every byte go in and come out, more than fits anywhere on the way, and its end is passed on."""
    data = bytes(range(256)) * 16_384
    assert asked.run("cat", data=data) == 0
    assert bytes(asked.out) == data


def test_both_outputs_and_the_exit_code_are_the_commands_own(asked: Asked) -> None:
    """Stdout and stderr stay apart, and so does what the process ended with."""
    assert asked.run("sh", "-c", "echo out; echo err >&2; exit 7") == 7
    assert (bytes(asked.out), bytes(asked.err)) == (b"out\n", b"err\n")


def test_output_comes_before_the_end(asked: Asked) -> None:
    """What is written is there at once, while the process goes on and waits for its input."""
    end = asked.background("sh", "-c", "echo first; read -r line; echo $line", data=b"")
    assert until(lambda: bytes(asked.out).startswith(b"first"), LIMIT)
    assert end() == 0


def test_what_it_leaves_behind_is_not_waited_for(asked: Asked) -> None:
    """A process in the background that holds the output open does not hold up the end."""
    began = time.monotonic()
    assert asked.run("sh", "-c", "sleep 30 & echo started") == 0
    assert bytes(asked.out) == b"started\n"
    assert time.monotonic() - began < LIMIT


def test_what_others_of_it_still_write_is_not_lost(asked: Asked) -> None:
    """A process that ends before the one it writes through does not cut that short."""
    assert asked.run("bash", "-c", "echo late > >(sleep 0.1; cat)") == 0
    assert bytes(asked.out) == b"late\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_reaches_it_and_its_last_words_are_kept(asked: Asked, number: signal.Signals) -> None:
    """The process decides what a signal does; what it says after it arrives, and so does its exit code."""
    trap = f"trap 'echo got; exit 9' {number.value}; echo ready; while :; do sleep 0.05; done"
    end = asked.background("bash", "-c", trap)
    assert until(lambda: bytes(asked.out) == b"ready\n", LIMIT)
    asked.session.signal(number)
    assert end() == 9
    assert bytes(asked.out) == b"ready\ngot\n"


def test_a_signal_overtakes_input_that_nobody_reads(asked: Asked) -> None:
    """A process that reads nothing can be interrupted while more input waits than fits on the way."""
    end = asked.background("sh", "-c", "echo ready; exec sleep 60", data=b"x" * 8_000_000)
    assert until(lambda: asked.out, LIMIT)
    asked.session.signal(signal.SIGINT)
    assert end() == 128 + signal.SIGINT


def test_a_terminal_has_a_size_that_follows(asked: Asked) -> None:
    """With a terminal the process has one of the size asked for, is told of another, and gets keys as signals."""
    script = "stty size; trap 'stty size; exit 3' INT; echo ready; while :; do sleep 0.05; done"
    end = asked.background("bash", "-c", script, size=(33, 111))
    assert until(lambda: b"ready" in asked.out, LIMIT)
    asked.session.resize(44, 122)
    asked.session.signal(signal.SIGINT)
    assert end() == 3
    assert bytes(asked.out).split() == [b"33", b"111", b"ready", b"44", b"122"]


def test_a_terminal_that_is_not_known_there_becomes_a_usual_one(asked: Asked) -> None:
    """An editor starts whatever the terminal at this end is called."""
    assert asked.run("sh", "-c", "echo $TERM", size=(24, 80)) == 0
    assert bytes(asked.out).split()[0] in {b"xterm", b"xterm-256color"}


def test_a_command_that_does_not_exist_is_told(asked: Asked) -> None:
    """What cannot be started is an error that names it."""
    with pytest.raises(AgentError, match="no-such-program"):
        asked.run("no-such-program")


def test_an_end_without_a_word_is_the_lab_hosts(asked: Asked) -> None:
    """A lab host that goes ends the wait."""
    end = threading.Timer(0.5, asked.pipes.kill)
    end.start()
    with pytest.raises(HostDied):
        asked.run("sleep", "60")


def test_whoever_hangs_up_ends_it(asked: Asked, tmp_path: Path) -> None:
    """A process does not outlive the one who asked for it."""
    note = tmp_path / "pid"
    end = asked.background("sh", "-c", f"trap '' HUP; echo $$ >{note}; sleep 60; :")
    assert until(lambda: note.exists() and note.read_text(), LIMIT)
    asked.pipes.close()
    assert end() == GONE
    assert until(lambda: not _alive(int(note.read_text())), LIMIT)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
