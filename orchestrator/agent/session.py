"""One process of somebody's, with its input, output, signals and terminal, over the agent's own stream.

The first line that comes in is a JSON request: `place`, `command` (words), `environment`, and `size`, [rows, columns]
of the terminal it is to have, or null. Then lines of a letter and what belongs to it, bytes as base64:

    in    i BYTES   input                      out   o BYTES   what it wrote to stdout (with a terminal, all it wrote)
          e         end of input                     x BYTES   what it wrote to stderr
          s NUMBER  a signal, for its group          a COUNT   so much of its input has been taken
          w ROWS COLUMNS  the terminal's size        q CODE    it has ended; 128 + n when signal n ended it
                                                     f TEXT    it was not started, and why
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import queue
import selectors
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from typing import Any

from . import commands, namespaces

_CHUNK = 65_536
# What a process leaves behind may hold its output open for good. After its end, what has been written is still read:
# until nothing comes for a moment (after a signal, of which others may still be saying something, only that nothing
# comes for long), and no longer or more than this.
_QUIET, _LONGEST, _MOST = 0.2, 2.0, 1 << 20
_GRACE = 1.0
_TERMINFO = ("/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo")
_USUAL_TERMINAL = "xterm-256color"
_writing = threading.Lock()


def _send(kind: str, data: bytes) -> None:
    with _writing:
        sys.stdout.buffer.write(kind.encode() + b" " + data + b"\n")
        sys.stdout.buffer.flush()


class Session:
    """The process, and what leads to it."""

    def __init__(self, place: str, command: list[str], environment: dict[str, str], size: list[int] | None) -> None:
        self._input: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._ended, self._end = os.pipe()
        self._master = -1
        self._signalled = False
        more = environment | ({"TERM": _terminal(environment.get("TERM", ""))} if size else {})
        child: dict[str, Any] = {"env": commands.ENVIRONMENT | more, "cwd": "/", "start_new_session": True}
        # A thread of its own: the process namespace it enters is for its children, and it starts no thread any more.
        started = _Call(lambda: self._start(place, command, child, size))
        self._process: subprocess.Popen[bytes] = started.result()
        for part in (self._listen, self._feed, self._await):
            threading.Thread(target=part, daemon=True).start()

    def _start(
        self, place: str, command: list[str], child: dict[str, Any], size: list[int] | None
    ) -> subprocess.Popen[bytes]:
        words = _prefix(place) + command
        if size is None:
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **child
            )
            assert process.stdin
            assert process.stdout
            assert process.stderr
            self._stdin = process.stdin.fileno()
            self._outputs = {process.stdout.fileno(): "o", process.stderr.fileno(): "x"}
            return process
        self._master, slave = os.openpty()
        self._resize(*size)
        try:
            return subprocess.Popen(
                words,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                preexec_fn=_take_terminal,  # noqa: PLW1509 - no other thread holds a lock that it needs
                **child,
            )
        finally:
            os.close(slave)
            self._stdin, self._outputs = self._master, {self._master: "o"}

    def _resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _signal(self, number: int) -> None:
        """To all that the terminal's keys would reach; without a terminal to the command and what it started."""
        self._signalled = True
        group = self._process.pid
        if self._master >= 0 and number == signal.SIGINT:
            with contextlib.suppress(OSError):
                group = os.tcgetpgrp(self._master)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, number)

    def _listen(self) -> None:
        for line in sys.stdin:
            kind, *words = line.split()
            if kind == "i":
                self._input.put(base64.b64decode(words[0]))
            elif kind == "e":
                self._input.put(None)
            elif kind == "s":
                self._signal(int(words[0]))
            elif kind == "w" and self._master >= 0:
                self._resize(int(words[0]), int(words[1]))
        self._abandon()

    def _abandon(self) -> None:
        """Nobody is there any more: as when a terminal is hung up, and whoever does not heed that is killed."""
        self._signal(signal.SIGHUP)
        self._signal(signal.SIGCONT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE)
            os._exit(0)
        self._signal(signal.SIGKILL)
        os._exit(0)

    def _feed(self) -> None:
        gone = False
        while (data := self._input.get()) is not None:
            taken = len(data)
            try:
                while data and not gone:
                    data = data[os.write(self._stdin, data) :]
            except OSError:  # it reads no more; what comes for it is thrown away, as a shell's pipe would
                gone = True
            _send("a", str(taken).encode())
        if self._master < 0 and self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _await(self) -> None:
        self._process.wait()
        os.write(self._end, b".")

    def relay(self) -> int:
        """Send on what it writes, until it has ended; its exit code."""
        ready = selectors.DefaultSelector()
        for descriptor in (*self._outputs, self._ended):
            ready.register(descriptor, selectors.EVENT_READ)
        ended, waited, more = False, 0.0, 0
        while ready.get_map() and waited < _LONGEST and more < _MOST:
            began = time.monotonic()
            found = ready.select((_LONGEST if self._signalled else _QUIET) if ended else None)
            waited += time.monotonic() - began if ended else 0.0
            for key, _ in found:
                if key.fd == self._ended:
                    ended = True
                    ready.unregister(self._ended)
                    continue
                data = _read(key.fd)
                if data:
                    _send(self._outputs[key.fd], base64.b64encode(data))
                    more += len(data) if ended else 0
                else:
                    ready.unregister(key.fd)
            if ended and not found:
                break
        code = self._process.wait()
        return code if code >= 0 else 128 - code


class _Call:
    """A call in a thread of its own, which ends with it."""

    def __init__(self, work: Any) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._value: Any = None

    def _run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            self._error = error

    def result(self) -> Any:
        thread = threading.Thread(target=self._run)
        thread.start()
        thread.join()
        if self._error is not None:
            raise self._error
        return self._value


def _prefix(place: str) -> list[str]:
    """What goes before a command. The calling thread's children are in a container's process namespace from here on.

    nsenter would enter that by a fork, and the one that waits would be ended by a signal before the command.
    """
    kind, _, name = place.partition(":")
    if kind != "container":
        return namespaces.command_prefix(place)
    pid = namespaces.container_pid(name)
    namespaces.have_children_in(pid)
    return ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "--"]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _terminal(name: str) -> str:
    """A terminal that is described here: editors refuse to start on one that is not."""
    known = bool(name) and any(os.path.exists(f"{folder}/{name[0]}/{name}") for folder in _TERMINFO)
    return name if known else _USUAL_TERMINAL


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except OSError:  # of a terminal: nobody has it open any more
        return b""


def main() -> None:
    """Serve one process, to its end or that of the stream."""
    request = json.loads(sys.stdin.readline())
    try:
        session = Session(**request)
    except (OSError, LookupError) as error:
        _send("f", (str(error) or type(error).__name__).encode(errors="replace"))
    else:
        _send("q", str(session.relay()).encode())
    os._exit(0)
