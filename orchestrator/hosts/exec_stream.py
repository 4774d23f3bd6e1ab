"""A process in a lab host container, over the exec stream of the Docker API."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from typing import Any

import docker
from docker.utils.socket import STDERR, frames_iter

from netproof.engine.client import connect, translated
from netproof.errors import HostDied

_KEEP = 20_000


def raw_socket(stream: Any) -> Any:
    """The object with recv and sendall beneath what docker-py hands out: it differs by transport."""
    return getattr(stream, "_sock", stream)


def start(client: docker.DockerClient, container: str, command: Sequence[str], *, tty: bool) -> tuple[str, Any]:
    """Start a process in a container: (exec id, docker-py's stream)."""
    api = client.api
    with translated("starting a process in a lab host"):
        try:
            made = api.exec_create(container, list(command), stdin=True, tty=tty)["Id"]
            return made, api.exec_start(made, socket=True, tty=tty)
        except docker.errors.APIError as error:
            if error.response is not None and error.response.status_code in {404, 409}:
                raise HostDied(
                    f"Lab host {container[:12]} is not running: {error.explanation}.",
                    "`invoke lab up` builds it again; `invoke lab down` removes what is left.",
                ) from error
            raise


class ExecStream:
    """Standard input and output of a process, a line at a time."""

    def __init__(self, container: str, command: Sequence[str]) -> None:
        self._client = connect()
        _, self._stream = start(self._client, container, command, tty=False)
        self._socket = raw_socket(self._stream)
        if isinstance(self._socket, socket.socket):
            self._socket.settimeout(None)
        # The socket, not docker-py's file around it: that one forgets its socket when it is closed, and whoever reads
        # it in that moment, in another thread, meets an AttributeError instead of the end.
        self._frames = frames_iter(self._socket, tty=False)  # type: ignore[no-untyped-call]  # not in the stubs
        self._buffer = b""
        self._errors = b""

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        self._socket.sendall(data)

    def readline(self) -> bytes:
        """The next line of standard output, or b"" at its end. Standard error is kept for `close`."""
        pieces = [self._buffer]
        while b"\n" not in pieces[-1]:
            frame = next(self._frames, None)
            if frame is None:
                return b""
            kind, data = frame
            if kind == STDERR:
                self._errors = (self._errors + data)[-_KEEP:]
            else:
                pieces.append(data)
        line, _, self._buffer = b"".join(pieces).partition(b"\n")
        return line + b"\n"

    def close(self) -> str:
        """Hang up; the process sees the end of its input."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._stream.close()
        self._client.close()
        return self._errors.decode(errors="replace")
