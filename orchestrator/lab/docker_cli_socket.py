"""A unix socket on this machine that leads to the engine of a lab host, for the user's own docker CLI.

A small background process serves it. It ends by itself when its lab host does, so `down` and `clean`
need not know of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from netproof.engine import lab_sockets
from netproof.errors import EngineError
from netproof.hosts import Found, Hosts
from netproof.hosts.backend_choice import hosts as hosts_here
from netproof.paths import IMPORT_ROOT
from netproof.state.instance import Instance
from netproof.wait import until

_LONGEST = 100  # a unix socket's path has 107 bytes at most
_LIMIT = 15.0


def socket_path(instance: Instance, host: str) -> Path:
    """Where the socket is: in the state directory, or in a short path of this user's when that is too long."""
    path = lab_sockets.folder() / f"{instance.slug}-{host}.sock"
    if len(str(path)) > _LONGEST:
        # Another state directory's, or another owner's, is another socket.
        mark = hashlib.sha256(str(path.parent.absolute()).encode()).hexdigest()[:8]
        path = Path(tempfile.gettempdir()) / f"netproof-{os.getuid()}" / f"{mark}-{path.name}"
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
    lab_sockets.keep_surroundings(path)
    if _answers(path):
        return path
    subprocess.Popen(
        [sys.executable, "-m", "netproof.lab.docker_cli_socket", instance.lab, instance.tag, host.host, str(path)],
        cwd=IMPORT_ROOT,
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


def _serve(hosts: Hosts, host: Found, client: socket.socket) -> None:
    try:
        hosts.connect(host, client)
    finally:
        client.close()


def _end_with(instance: Instance, name: str, path: Path) -> None:
    """Leave when the lab host does, or when it cannot be asked any more."""
    try:
        hosts = hosts_here()
        hosts.wait(_found(hosts, instance, name))
    finally:
        path.unlink(missing_ok=True)
        os._exit(0)


def _found(hosts: Hosts, instance: Instance, name: str) -> Found:
    return next(host for host in hosts.find(instance) if host.host == name)


def main(lab: str, tag: str, name: str, path: Path) -> None:
    """Serve the socket until the lab host ends."""
    instance = Instance(lab, tag)
    hosts = hosts_here()
    host = _found(hosts, instance, name)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen()
        threading.Thread(target=_end_with, args=(instance, name, path), daemon=True).start()
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(hosts, host, client), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
