"""`lab env` points a shell's DOCKER_HOST into a lab. netproof itself stays with the engine that it had before."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from netproof.state.instance import root, write_atomically

NAMES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
_UNIX = "unix://"


def folder() -> Path:
    """Where sockets that lead into labs are."""
    return root() / "sockets"


def _note(socket: Path) -> Path:
    return socket.with_name(f"{socket.name}.before")


def keep_surroundings(socket: Path) -> None:
    """Note, beside a socket that leads into a lab, what led docker to the engine before."""
    found = surroundings()
    write_atomically(_note(socket), json.dumps({name: found[name] for name in NAMES if name in found}))


def leads_into() -> str:
    """The socket of ours that DOCKER_HOST names; "" when it leads elsewhere, also while the lab it was for is gone."""
    address = os.environ.get("DOCKER_HOST", "")
    if not address.startswith(_UNIX):
        return ""
    path = Path(address.removeprefix(_UNIX))
    return str(path) if _note(path).is_file() or path.parent == folder() else ""


def surroundings() -> Mapping[str, str]:
    """The variables of this process, with those that lead docker to an engine as they were before `lab env`."""
    socket = leads_into()
    if not socket:
        return os.environ
    others = {name: value for name, value in os.environ.items() if name not in NAMES}
    return others | _before(_note(Path(socket)))


def _before(note: Path) -> dict[str, str]:
    try:
        found = json.loads(note.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(found[name]) for name in NAMES if name in found} if isinstance(found, dict) else {}


def told() -> str:
    """What whoever makes or removes something has to know; "" where DOCKER_HOST leads into no lab."""
    if not leads_into():
        return ""
    return "DOCKER_HOST leads docker into a lab; netproof stays with the engine before it (`unset DOCKER_HOST` ends it)"
