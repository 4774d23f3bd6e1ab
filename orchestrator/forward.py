"""A unix socket on this machine that leads to the engine of a lab host, for the user's own docker CLI.

A small background process serves it. It ends by itself when its lab host does, so `down` and `clean`
need not know of it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import docker

from orchestrator import state
from orchestrator.backends import Found
from orchestrator.backends.execstream import raw_socket, start
from orchestrator.catalog import ROOT
from orchestrator.errors import EngineError
from orchestrator.outer import connect
from orchestrator.state import Instance
from orchestrator.wait import until

_LONGEST = 100  # a unix socket's path has 107 bytes at most
_LIMIT = 15.0
_CHUNK = 65_536


def socket_path(instance: Instance, host: str) -> Path:
    """Where the socket is: in the state directory, or in a short path of this user's when that is too long."""
    path = state.root() / "sockets" / f"{instance.slug}-{host}.sock"
    if len(str(path)) > _LONGEST:
        path = Path(tempfile.gettempdir()) / f"netproof-{os.getuid()}" / path.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        probe.connect(str(path))
        probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
        return b" 200 " in probe.recv(100)
    return False


def ensure(instance: Instance, host: Found) -> Path:
    """The socket, served by a background process that is started when there is none."""
    path = socket_path(instance, host.host)
    if _answers(path):
        return path
    subprocess.Popen(
        [sys.executable, "-m", "orchestrator.forward", host.id, str(path)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if not until(lambda: _answers(path), _LIMIT):
        raise EngineError(
            f"The engine of {host.host} does not answer through {path}.",
            f"`invoke lab status {instance.arguments}` shows whether it runs.",
        )
    return path


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


def _serve(container: str, client: socket.socket) -> None:
    outer = connect()
    try:
        _, stream = start(outer, container, ["docker", "system", "dial-stdio"], tty=False)
        process = raw_socket(stream)
        process.settimeout(None)
        threading.Thread(target=_to_engine, args=(client, process), daemon=True).start()
        _from_engine(process, client)
    finally:
        client.close()
        outer.close()


def _end_with(container: str, path: Path) -> None:
    """Leave when the lab host does, or when the machine's engine does."""
    try:
        docker.APIClient.wait(connect().api, container, timeout=None)
    finally:
        path.unlink(missing_ok=True)
        os._exit(0)


def main(container: str, path: Path) -> None:
    """Serve the socket until the lab host ends."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        threading.Thread(target=_end_with, args=(container, path), daemon=True).start()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(container, client), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
