"""TCP connections from a place, told apart by how they fail."""

from __future__ import annotations

import errno
import itertools
import socket
import threading
from typing import Any

from . import namespaces

_OUTCOMES = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EPERM: "forbidden",
    errno.EACCES: "forbidden",
}
_REQUEST = b"GET / HTTP/1.0\r\n\r\n"

_numbers = itertools.count(1)
_held: dict[int, socket.socket] = {}
_lock = threading.Lock()


def failure(error: OSError) -> dict[str, Any]:
    """{outcome, errno} for how a socket failed."""
    if isinstance(error, TimeoutError):
        return {"outcome": "timeout", "errno": "ETIMEDOUT"}
    code = error.errno or 0
    return {"outcome": _OUTCOMES.get(code, "failed"), "errno": errno.errorcode.get(code, str(code))}


def _read_all(connection: socket.socket) -> str:
    pieces = []
    while piece := connection.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")


def dial(  # noqa: PLR0913 - who calls whom, and how long it may take
    place: str, address: str, port: int, seconds: float, answer: float = 0.0, *, hold: bool = False
) -> dict[str, Any]:
    """Connect within `seconds`, and unless `hold` is set ask for `/` by HTTP, wait `answer` seconds, and hang up.

    Returns outcome (answered, timeout, refused, unreachable, reset, forbidden or failed), errno, the local
    port, and either the answer's text or the number of the connection held open.
    """
    namespaces.enter_netns(place)
    connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    connection.settimeout(seconds)
    connection.bind(("", 0))
    result: dict[str, Any] = {
        "outcome": "answered",
        "errno": "",
        "port": connection.getsockname()[1],
        "text": "",
        "held": 0,
    }
    try:
        connection.connect((address, port))
        if hold:
            return {**result, "held": _keep(connection)}
        connection.settimeout(answer)
        connection.sendall(_REQUEST)
        result["text"] = _read_all(connection)
    except OSError as error:
        result |= failure(error)
    connection.close()
    return result


def ask(place: str, address: str, port: int, seconds: float) -> dict[str, Any]:
    """Send one UDP datagram and wait for its answer: outcome, errno, local port and the answer's text."""
    namespaces.enter_netns(place)
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(seconds)
        result: dict[str, Any] = {"outcome": "answered", "errno": "", "port": 0, "text": "", "held": 0}
        try:
            asker.connect((address, port))
            result["port"] = asker.getsockname()[1]
            asker.send(b"who calls?")
            result["text"] = asker.recv(65_536).decode("utf-8", "replace")
        except OSError as error:
            result |= failure(error)
    return result


def bind(place: str, address: str, port: int, proto: str = "tcp", *, share: bool = False) -> str:
    """Bind a socket (and listen) as a server would, and close it: "" or the name of the errno.

    `share` sets SO_REUSEPORT.
    """
    namespaces.enter_netns(place)
    kind = socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(proto == "tcp"))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, int(share))
        try:
            server.bind((address, port))
            if proto == "tcp":
                server.listen()
        except OSError as error:
            return errno.errorcode.get(error.errno or 0, str(error.errno))
    return ""


def _keep(connection: socket.socket) -> int:
    with _lock:
        number = next(_numbers)
        _held[number] = connection
    return number


def hang_up(number: int) -> None:
    """Close a connection that was held open; unknown numbers are fine."""
    with _lock:
        connection = _held.pop(number, None)
    if connection is not None:
        connection.close()
