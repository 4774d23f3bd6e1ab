"""A process in a lab, with its input, output, signals and terminal: this end of `agent/session.py`."""

from __future__ import annotations

import base64
import json
import queue
import threading
from collections.abc import Callable, Mapping, Sequence

from attrs import asdict, frozen

from netproof.errors import AgentError
from netproof.hosts.agent_stream import Stream
from netproof.lab.agent_client import death, greet, read

_WINDOW = 1 << 20  # bytes of input that may be under way: a signal must not wait behind all of it
_CHUNK = 32_768

Sink = Callable[[bytes], object]


@frozen
class Request:
    """What is to run where: the agent's name of the place, words, variables, and [rows, columns] if on a terminal."""

    place: str
    command: Sequence[str]
    environment: Mapping[str, str] = {}
    size: tuple[int, int] | None = None


class Session:
    """One process in a lab host. `signal` and `resize` may be called from signal handlers."""

    def __init__(self, stream: Stream, host: str) -> None:
        self._stream, self._host = stream, host
        self._orders: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._under_way = 0
        self._room = threading.Condition()
        greet(stream, host)

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        self._orders.put(f"s {int(number)}")

    def resize(self, rows: int, columns: int) -> None:
        """Tell the process how large its terminal is."""
        self._orders.put(f"w {rows} {columns}")

    def run(self, request: Request, source: Callable[[int], bytes], out: Sink, err: Sink) -> int:
        """Start the process, feed it from `source` (b"" at the end), until it ends; its exit code.

        AgentError when it cannot be started, HostDied when its lab host goes.
        """
        try:
            self._stream.write(json.dumps(asdict(request)).encode() + b"\n")  # before a signal that came meanwhile
        except OSError as error:
            raise death(self._stream, self._host, str(error)) from error
        for part in (self._send, lambda: self._feed(source)):
            threading.Thread(target=part, daemon=True).start()
        sinks = {b"o": out, b"x": err}
        while line := read(self._stream):
            kind, _, rest = line.rstrip(b"\n").partition(b" ")
            if kind in sinks:
                sinks[kind](base64.b64decode(rest))
            elif kind == b"a":
                self._taken(int(rest))
            elif kind == b"q":
                return int(rest)
            elif kind == b"f":
                raise AgentError(
                    f"In lab host {self._host}: {rest.decode(errors='replace')}.",
                    "`invoke lab status` shows what is there.",
                )
        raise death(self._stream, self._host, "")

    def close(self) -> None:
        """Hang up: what still runs is ended as by a terminal that goes."""
        self._stream.close()

    def _send(self) -> None:
        try:
            while True:
                self._stream.write(self._orders.get().encode() + b"\n")
        except (OSError, ValueError):  # it has ended; whoever reads hears of it
            return

    def _feed(self, source: Callable[[int], bytes]) -> None:
        while data := self._next(source):
            with self._room:
                self._room.wait_for(lambda: self._under_way < _WINDOW)
                self._under_way += len(data)
            self._orders.put(f"i {base64.b64encode(data).decode()}")
        self._orders.put("e")

    @staticmethod
    def _next(source: Callable[[int], bytes]) -> bytes:
        try:
            return source(_CHUNK)
        except OSError:  # a closed input, or a terminal that is gone
            return b""

    def _taken(self, count: int) -> None:
        with self._room:
            self._under_way -= count
            self._room.notify()
