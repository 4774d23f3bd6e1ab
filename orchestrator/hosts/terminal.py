"""An interactive process in a lab host, on this terminal."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import docker

from netproof.engine.client import connect, translated
from netproof.hosts.exec_stream import raw_socket, start

_CHUNK = 65_536
# The first bytes an exec sends can be lost in the client's HTTP library, so it waits to be spoken to.
_AFTER_HELLO = 'read -r _; stty echo 2>/dev/null; exec "$@"'


@contextmanager
def _raw_terminal() -> Iterator[None]:
    """Every key goes through, Ctrl-C included."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _resize(client: docker.DockerClient, process: str) -> None:
    size = os.get_terminal_size(0)
    try:
        client.api.exec_resize(process, height=size.lines, width=size.columns)
    except docker.errors.APIError:
        return  # the process has just ended


def _pump(connection: Any, *, demultiplex: bool) -> None:
    """Copy both ways until the process ends. Without a terminal, end of input is passed on."""
    buffer = b""
    with selectors.SelectSelector() as ready:  # epoll refuses files, and /dev/null, for an input
        ready.register(0, selectors.EVENT_READ)
        ready.register(connection, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd == 0:
                    data = os.read(0, _CHUNK)
                    if data:
                        connection.sendall(data)
                    else:
                        ready.unregister(0)
                        connection.shutdown(1)
                else:
                    data = connection.recv(_CHUNK)
                    if not data:
                        return
                    buffer = _emit(buffer + data) if demultiplex else _plain(data)


def _plain(data: bytes) -> bytes:
    os.write(1, data)
    return b""


def _emit(buffer: bytes) -> bytes:
    """Write whole frames of Docker's multiplexed stream to stdout and stderr; return the rest."""
    while len(buffer) >= 8:  # noqa: PLR2004 - the header's size
        size = int.from_bytes(buffer[4:8], "big")
        if len(buffer) < 8 + size:
            break
        os.write(buffer[0], buffer[8 : 8 + size])
        buffer = buffer[8 + size :]
    return buffer


def interactive(container: str, command: Sequence[str]) -> int:
    """Run a process in a lab host on this terminal, or on our pipes when there is none; returns its exit code."""
    client = connect()
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    words = ["/bin/sh", "-c", f"{'stty -echo; ' if terminal else ''}{_AFTER_HELLO}", "sh", *command]
    process, stream = start(client, container, words, tty=terminal)
    connection = raw_socket(stream)
    connection.settimeout(None)
    connection.sendall(b"\n")
    if terminal:
        _resize(client, process)
        signal.signal(signal.SIGWINCH, lambda *_: _resize(client, process))
    with _raw_terminal():
        _pump(connection, demultiplex=not terminal)
    with translated("asking how the shell ended"):
        return int(client.api.exec_inspect(process)["ExitCode"] or 0)
