"""A connection from here to the engine inside a lab host container, over the exec stream of the Docker API."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from netproof.engine.client import connect
from netproof.hosts.exec_stream import raw_socket, start

_CHUNK = 65_536


def relay(container: str, client: socket.socket) -> None:
    """Copy both ways until either end closes."""
    outer = connect()
    try:
        _, stream = start(outer, container, ["docker", "system", "dial-stdio"], tty=False)
        process = raw_socket(stream)
        process.settimeout(None)
        threading.Thread(target=_to_engine, args=(client, process), daemon=True).start()
        _from_engine(process, client)
    finally:
        outer.close()


def _to_engine(client: socket.socket, process: Any) -> None:
    with contextlib.suppress(OSError):
        while data := client.recv(_CHUNK):
            process.sendall(data)
    with contextlib.suppress(OSError):
        process.shutdown(socket.SHUT_WR)


def _read_exactly(process: Any, size: int) -> bytes:
    pieces = b""
    while len(pieces) < size:
        piece = process.recv(size - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return pieces


def _from_engine(process: Any, client: socket.socket) -> None:
    """Docker multiplexes an exec's output: a header of eight bytes, then so many bytes of one stream."""
    with contextlib.suppress(OSError, EOFError):
        while True:
            header = _read_exactly(process, 8)
            data = _read_exactly(process, int.from_bytes(header[4:], "big"))
            if header[0] == 1:
                client.sendall(data)
