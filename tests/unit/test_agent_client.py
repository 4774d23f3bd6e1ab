"""The real agent, shipped over pipes to a Python of its own: calls, errors, and its death.

Its files go to a temporary directory in place of /run/netproof, so nobody has to be root.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from netproof.errors import AgentError, HostDied
from netproof.hosts.exec_stream import ExecStream
from netproof.lab import agent_client
from netproof.lab.agent_client import Agent

LIMIT = 20.0


class Pipes:
    """Standard input and output of a process on this machine: a Stream."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._input, self._output, self._errors = self.process.stdin, self.process.stdout, self.process.stderr
        self.written = 0
        self._said = ""
        self._closing = threading.Lock()

    def write(self, data: bytes) -> None:
        if self._input.closed:
            raise BrokenPipeError
        self.written += len(data)
        self._input.write(data)
        self._input.flush()

    def readline(self) -> bytes:
        line = self._output.readline()
        return line if line.endswith(b"\n") else b""

    def close(self) -> str:
        with self._closing:
            with contextlib.suppress(OSError):
                self._input.close()
            self.process.wait(LIMIT)
            if not self._errors.closed:
                self._said = self._errors.read().decode()
                self._errors.close()
            return self._said

    def kill(self) -> None:
        """End the process and what it started, as the kernel does when a lab host dies."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


Start = Callable[..., tuple[Agent, Pipes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts agents that keep their files in one temporary directory."""
    started: list[Pipes] = []
    (tmp_path / "run").mkdir()  # as PID 1 of a lab host does
    loader = agent_client.COMMAND[-1].replace("/run/netproof", str(tmp_path / "run"))
    assert str(tmp_path) in loader

    def begin(command: list[str] | None = None) -> tuple[Agent, Pipes]:
        pipes = Pipes(command or [sys.executable, "-c", loader])
        started.append(pipes)
        return Agent(pipes, "host"), pipes

    yield begin
    for pipes in started:
        pipes.kill()
        pipes.close()


@pytest.fixture
def agent(start: Start) -> Agent:
    """A running agent."""
    return start()[0]


def run(agent: Agent, command: str | list[str], **more: object) -> dict[str, object]:
    """A command in the agent's own namespaces."""
    done: dict[str, object] = agent.call("run", limit=LIMIT, place="host", command=command, **more)
    return done


# Shipping


def test_an_agent_answers_with_its_own_process(start: Start) -> None:
    """What answers is the process at the other end of the stream."""
    agent, pipes = start()
    hello = agent.call("hello", limit=LIMIT)
    assert hello["pid"] == pipes.process.pid
    assert hello["kernel"] == os.uname().release


def test_the_agent_is_shipped_once_for_its_content(start: Start, tmp_path: Path) -> None:
    """A second agent of the same content finds the first one's files and is not sent them again."""
    one, first = start()
    one.call("hello", limit=LIMIT)  # what it was sent is in its place now
    agent, second = start()
    assert agent.call("hello", limit=LIMIT)["pid"] == second.process.pid
    assert second.written < first.written / 100
    assert len(list((tmp_path / "run").iterdir())) == 1


# Calls


def test_a_command_comes_back_with_its_output_and_exit_code(agent: Agent) -> None:
    """Both streams and the exit code of a command are its result."""
    done = run(agent, "echo out; echo err >&2; exit 7")
    assert done == {"rc": 7, "stdout": "out\n", "stderr": "err\n", "timed_out": False}


def test_a_list_of_words_is_run_as_it_is(agent: Agent) -> None:
    """No shell comes between when words are given."""
    assert run(agent, ["printf", "%s|", "a b", "$HOME", "é"])["stdout"] == "a b|$HOME|é|"


def test_bytes_that_are_no_text_survive(agent: Agent) -> None:
    """What a command prints comes back byte for byte, and so does what it is given."""
    done = run(agent, "cat; printf '\\377\\n'", stdin="\udcfe")
    assert str(done["stdout"]).encode("utf-8", "surrogateescape") == b"\xfe\xff\n"


def test_a_long_answer_arrives_whole(agent: Agent) -> None:
    """A line of the protocol may be longer than any buffer."""
    assert len(str(run(agent, "head -c 3000000 /dev/zero | tr '\\0' x")["stdout"])) == 3_000_000


def test_a_command_that_takes_too_long_is_killed_with_its_children(agent: Agent) -> None:
    """After its time a command ends with 124, and nothing of it holds its output open."""
    done = run(agent, "echo begun; sleep 1000 & sleep 1000", timeout=0.05)
    assert (done["rc"], done["timed_out"]) == (124, True)


def test_calls_do_not_wait_for_each_other(agent: Agent, tmp_path: Path) -> None:
    """A call that can only end because of a later one ends."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reading = agent.submit("run", place="host", command=f"cat {fifo}")
    assert run(agent, f"echo met >{fifo}")["rc"] == 0
    assert reading.result(LIMIT)["stdout"] == "met\n"


def test_answers_reach_those_who_asked(agent: Agent) -> None:
    """Many calls at once each get their own result, in whatever order it comes."""
    pending = {number: agent.submit("run", place="host", command=f"echo {number}") for number in range(40)}
    assert {number: int(future.result(LIMIT)["stdout"]) for number, future in pending.items()} == {
        number: number for number in range(40)
    }


# Failures


@pytest.mark.parametrize(
    ("op", "args", "words"),
    [
        ("run", {"place": "netns:nowhere", "command": "true"}, "nowhere"),
        ("run", {"place": "host", "command": ["/nonexistent/cat"]}, "/nonexistent/cat"),
        ("run", {"place": "host"}, "command"),
        ("no-such-op", {}, "no-such-op"),
    ],
    ids=["place", "program", "argument", "operation"],
)
def test_an_operation_that_fails_says_why(agent: Agent, op: str, args: dict[str, object], words: str) -> None:
    """The error holds the agent's words and the lab host, and the agent lives on."""
    with pytest.raises(AgentError) as caught:
        agent.call(op, limit=LIMIT, **args)
    assert words in caught.value.problem
    assert "lab host host" in caught.value.problem
    assert caught.value.remedy
    assert run(agent, "echo still here")["stdout"] == "still here\n"


def test_a_call_that_is_not_answered_in_time_is_given_up(agent: Agent, tmp_path: Path) -> None:
    """The error names the operation and the lab host; later calls are not affected."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(HostDied) as caught:
        agent.call("run", limit=0.05, place="host", command=f"cat {fifo}")
    assert "'run'" in caught.value.problem
    assert "lab host host" in caught.value.problem
    assert run(agent, f"echo late >{fifo}")["rc"] == 0


def test_when_the_agent_dies_pending_and_later_calls_fail(start: Start, tmp_path: Path) -> None:
    """Nobody waits for an agent that is gone."""
    agent, pipes = start()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    pending = [agent.submit("run", place="host", command=f"timeout {LIMIT} cat {fifo}") for _ in range(3)]
    pipes.kill()
    for future in pending:
        with pytest.raises(HostDied) as caught:
            future.result(LIMIT)
        assert "agent in lab host host is gone" in caught.value.problem
        assert "invoke lab up" in caught.value.remedy
    with pytest.raises(HostDied):
        agent.call("hello", limit=LIMIT)


def test_an_agent_that_was_closed_takes_no_more_calls(start: Start) -> None:
    """Closing ends the process."""
    agent, pipes = start()
    agent.close()
    assert pipes.process.returncode == 0
    with pytest.raises(HostDied):
        agent.call("hello", limit=LIMIT)


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import sys; sys.exit('no python here')", "no python here"),
        ("print('what?')", "what?"),
        ("import sys; sys.stdin.readline()", "its process ended"),
    ],
    ids=["says why", "says something else", "says nothing"],
)
def test_an_agent_that_does_not_start_is_told_with_its_last_words(start: Start, program: str, words: str) -> None:
    """What came instead of an agent is in the error."""
    with pytest.raises(HostDied) as caught:
        start([sys.executable, "-c", program])
    assert words in caught.value.problem


def test_what_an_agent_said_before_it_ended_is_told_as_well() -> None:
    """It may be gone before it is spoken to: what it said then is not lost to the broken pipe."""
    pipes = Pipes([sys.executable, "-c", "print('what?')"])
    pipes.process.wait(LIMIT)
    with pytest.raises(HostDied) as caught:
        Agent(pipes, "host")
    assert "what?" in caught.value.problem


def exec_stream(monkeypatch: pytest.MonkeyPatch) -> tuple[ExecStream, socket.socket]:
    """A stream as docker-py hands it out, and the socket at its other end."""
    near, far = socket.socketpair()
    client: Any = type("Client", (), {"close": lambda _: None})()
    monkeypatch.setattr("netproof.hosts.exec_stream.connect", lambda: client)
    monkeypatch.setattr("netproof.hosts.exec_stream.start", lambda *_, **__: ("", near.makefile("rb", buffering=0)))
    return ExecStream("host", ["true"]), far


def test_a_stream_that_ends_within_a_frame_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines come frame by frame; one that was not said to its end is none."""
    stream, far = exec_stream(monkeypatch)
    far.sendall(b"\1\0\0\0\0\0\0\7whole\n\n" + b"\1\0\0\0\0\0\0\x64half of wh")
    far.close()
    assert [stream.readline() for _ in range(3)] == [b"whole\n", b"\n", b""]
    stream.close()


def test_a_stream_that_is_closed_under_its_reader_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever moment it is closed in, the thread that reads it meets its end, or an error that is expected there."""
    for _ in range(300):
        stream, far = exec_stream(monkeypatch)
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(stream.readline)
            far.sendall(b"\1\0\0\0\0\0\0\4hal")
            stream.close()
            assert isinstance(reading.exception() or OSError(), OSError | ValueError)
        far.close()


def test_an_answer_that_is_none_ends_the_agent(start: Start) -> None:
    """What something else in the lab host writes to the agent's output is told to those who wait."""
    agent, _ = start()
    with pytest.raises(HostDied, match="is gone"):
        agent.call("run", limit=LIMIT, place="host", command='echo "[3]" >/proc/$PPID/fd/1; exec sleep 1000')
