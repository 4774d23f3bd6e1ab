"""A process in a node, on this terminal or on our pipes."""

from __future__ import annotations

import os
import signal
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from netproof.cli import streams
from netproof.lab import nodes
from netproof.lab.running import RunningLab
from netproof.lab.session import Request, Session, Sink
from netproof.state.instance import Instance

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INSISTING = 3  # who asks a process to end for the third time means it


def in_front() -> bool:
    """Whether the terminal on stdin is ours to use: a job in the background has to leave it alone."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:  # a terminal, though not the one that controls us
        return True


def has_terminal() -> bool:
    """Whether stdin and stdout are a terminal that is ours to use."""
    return os.isatty(0) and os.isatty(1) and in_front()


def variables(instance: Instance, node: str) -> dict[str, str]:
    """What a process on a terminal finds set: a prompt that names lab and node, and a history of the node's own."""
    prompt = f"{instance} {node} # "
    return {
        "PS1": prompt,
        "NETPROOF_PROMPT": prompt,  # the lab host's bash.bashrc keeps it for shells that are started in the first
        "HISTFILE": f"/root/.history.{node.replace('/', '_')}",
        "TERM": os.environ.get("TERM", ""),
        "LC_ALL": "C.UTF-8",
    }


def _write(descriptor: int, data: bytes) -> None:
    with streams.named():
        while data:
            data = data[os.write(descriptor, data) :]


def run(  # noqa: PLR0913 - what, where, and where its output goes
    running: RunningLab,
    node: str,
    command: Sequence[str],
    *,
    terminal: bool,
    out: Sink = lambda data: _write(1, data),
    err: Sink = lambda data: _write(2, data),
) -> int:
    """Run it to its end, and return its exit code. Input, output, signals and the terminal's size pass through."""
    host, place = nodes.locate(running, node)
    session = running.session(host)
    try:
        size = _size() if terminal else None
        environment = variables(running.instance, node) if terminal else {}
        with _signals(session, terminal=terminal), _raw(enabled=terminal):
            return session.run(Request(place, command, environment, size), _input, out, err)
    finally:
        session.close()


def _input(most: int) -> bytes:
    if os.isatty(0) and not in_front():
        return b""
    return os.read(0, most)


def _size() -> tuple[int, int]:
    size = os.get_terminal_size(1)
    return (size.lines, size.columns)


@contextmanager
def _signals(session: Session, *, terminal: bool) -> Iterator[None]:
    """What we are told to do, the process is told, too; on a terminal that goes, as one does that is hung up."""
    told = 0

    def pass_on(number: int, _: FrameType | None) -> None:
        nonlocal told
        told += 1
        hung_up = terminal and number != signal.SIGINT
        session.signal(signal.SIGKILL if told >= _INSISTING else signal.SIGHUP if hung_up else number)

    handlers = dict.fromkeys(_ENDING, pass_on)
    if terminal:
        handlers[signal.SIGWINCH] = lambda *_: session.resize(*_size())
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _raw(*, enabled: bool) -> Iterator[None]:
    """Every key goes through, Ctrl-C included."""
    if not enabled:
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
