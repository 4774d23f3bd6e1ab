"""The lab host's own Docker engine, over its unix socket."""

from __future__ import annotations

import base64
import json
import os
import socket
import time
from http.client import HTTPConnection, HTTPResponse
from typing import Any

SOCKET = "/var/run/docker.sock"
LOG = "/var/log/dockerd.log"
PID = "/run/netproof/dockerd.pid"
NOT_FOUND = 404
OK = 200


class _Connection(HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, timeout: float | None) -> None:
        super().__init__("localhost", timeout=timeout)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(SOCKET)


def http_raw(
    method: str, path: str, headers: dict[str, str], body: bytes | None, limit: float | None
) -> tuple[HTTPResponse, bytes]:
    """One request, one whole answer."""
    connection = _Connection(limit)
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def http(
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: str | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Pass one API request on to the engine. Bodies travel as base64; at most `seconds` between its packets."""
    data = base64.b64decode(body) if body is not None else None
    response, content = http_raw(method, path, headers or {}, data, seconds)
    return {
        "status": response.status,
        "reason": response.reason,
        "headers": dict(response.getheaders()),
        "body": base64.b64encode(content).decode(),
    }


def get_json(path: str, limit: float = 5.0) -> tuple[int, Any]:
    """GET a JSON document: (status, document)."""
    response, content = http_raw("GET", path, {}, None, limit)
    return response.status, json.loads(content or b"null")


def pids(command: str) -> list[int]:
    """Processes of this name in the lab host, containers' included."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/comm") as comm:
                    if comm.read().strip() == command:
                        found.append(int(entry))
            except OSError:
                continue
    return sorted(found)


def log_tail(lines: int = 12) -> str:
    """The last lines of the engine's log."""
    try:
        with open(LOG, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError:
        return ""


def _answers() -> bool:
    try:
        response, _ = http_raw("GET", "/_ping", {}, None, 2.0)
    except OSError:
        return False
    return response.status == OK


def _is_over() -> bool:
    """Whether the engine that was started last has ended: it may have before anybody looked.

    Its pid is noted as soon as there is one (orchestrator/images/files/engine), on machines of Vagrant's not at all.
    """
    try:
        with open(PID) as noted:
            number = noted.read().strip()
    except OSError:
        return False
    try:
        with open(f"/proc/{number}/stat") as status:
            return bool(number) and status.read().rpartition(") ")[2].startswith("Z")
    except OSError:
        return bool(number)


def wait(seconds: float) -> dict[str, Any]:
    """Wait until the engine answers, at most `seconds`.

    Returns whether it answers, and, when it does not, whether it died and its last log lines.
    """
    deadline = time.monotonic() + seconds
    seen = False
    while True:
        if _answers():
            return {"answers": True, "died": False, "log": ""}
        alive = bool(pids("dockerd"))
        died = not alive and (seen or _is_over())
        seen = seen or alive
        if died or time.monotonic() > deadline:
            return {"answers": False, "died": died, "log": log_tail()}
        time.sleep(0.005)


def state() -> dict[str, Any]:
    """Whether the engine answers, and which processes it consists of."""
    return {"answers": _answers(), "dockerd": pids("dockerd"), "containerd": pids("containerd")}
