"""Where lab hosts are made: on the user's own engine, on another machine's, or on one of their docker contexts.

    dind                        containers on the engine the docker CLI would use (the default)
    ssh://[USER@]BOX[:PORT][/PATH]  the same on another machine, by the system's ssh; PATH is its engine's socket
    docker:CONTEXT              the same on the engine of a docker context
    vagrant                     virtual machines, each a lab host itself; `invoke vagrant up` makes them
    vagrant:dind                containers on the engine of the first of them

For a new lab: `--host`, else NETPROOF_HOST, else `host` in the configuration file, else dind. A lab that exists is
where it was built. Everything beneath a command, other processes included, is told by NETPROOF_HOST.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from netproof.errors import NetproofError, UnknownName, UsageError
from netproof.state import folders

VARIABLE = "NETPROOF_HOST"
DIND, SSH, DOCKER, VAGRANT = "dind", "ssh", "docker", "vagrant"
KINDS = (DIND, "ssh://user@box", "docker:CONTEXT", VAGRANT, f"{VAGRANT}:{DIND}")
SOCKET = "/var/run/docker.sock"
# No leading '-': ssh would take it for an option.
_LOGIN = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?([A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9a-fA-F:.]+\])(:[0-9]{1,5})?")
_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")
_KEYS = ("host",)


@frozen
class Where:
    """A place for lab hosts: its kind, and which one of that kind."""

    kind: str = DIND
    target: str = ""

    @classmethod
    def parse(cls, text: str, source: str = "--host") -> Where:
        """Read `--host`; UsageError says what is wrong with it and who said it (`source`)."""
        if text in {DIND, VAGRANT}:
            return cls(text)
        if text == f"{VAGRANT}:{DIND}":
            return cls(VAGRANT, DIND)
        if text.startswith("ssh:"):
            return cls(SSH, _login(text, source))
        if text.startswith("docker:"):
            return cls(DOCKER, _context(text, source))
        if text.partition(":")[0] in {"tcp", "unix", "http", "https", "npipe"}:
            raise UsageError(
                f"{source} {text!r} is the address of an engine, not a place for lab hosts.",
                "Make a docker context of it (`docker context create`) and use docker:CONTEXT, or set DOCKER_HOST.",
            )
        raise UnknownName(f"place for lab hosts ({source})", text, list(KINDS))

    def __str__(self) -> str:
        if self.kind == SSH:
            return f"ssh://{self.target}"
        return f"{self.kind}:{self.target}" if self.target else self.kind

    @property
    def is_here(self) -> bool:
        """Whether it is the engine that the docker CLI would use, without being told otherwise."""
        return self.kind == DIND

    @property
    def on(self) -> str:
        """` on ssh://box`, to be put behind a lab's name; nothing for the usual place."""
        return "" if self.is_here else f" on {self}"


MACHINES = Where(VAGRANT)


def _login(text: str, source: str) -> str:
    parts = urlsplit(text)
    path = parts.path.rstrip("/")
    if not text.startswith("ssh://") or parts.query or parts.fragment or not _LOGIN.fullmatch(parts.netloc):
        raise UsageError(
            f"{source} {text!r} does not name a machine.",
            "Write ssh://user@box, ssh://box:2222 or a Host of ~/.ssh/config.",
        )
    return parts.netloc + path


def _context(text: str, source: str) -> str:
    name = text.removeprefix("docker:")
    if not _CONTEXT.fullmatch(name):
        raise UsageError(
            f"{source} {text!r} does not name a docker context.", "`docker context ls` lists them: --host docker:NAME."
        )
    return name


def config_path() -> Path:
    """The configuration file: NETPROOF_CONFIG, or config.toml in the user's configuration directory."""
    override = os.environ.get("NETPROOF_CONFIG")
    if override:
        return Path(override)
    return folders.of_user("config") / "config.toml"


def _configured() -> Where | None:
    try:
        path = config_path()
    except NetproofError:  # who has no home has no file in it
        return None
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", "Mend it, or remove it.") from error
    for key in found:
        if key not in _KEYS:
            raise UnknownName(f"setting in {path}", key, list(_KEYS))
    host = found.get("host")
    if host is not None and not isinstance(host, str):
        raise UsageError(f"{path}: host = {host!r} is not text.", 'For example: host = "ssh://user@box".')
    return Where.parse(host, f"host in {path}:") if host else None


def asked() -> Where | None:
    """What NETPROOF_HOST says."""
    text = os.environ.get(VARIABLE)
    return Where.parse(text, VARIABLE) if text else None


def current() -> Where:
    """Where this process works."""
    return asked() or _configured() or Where()


@contextmanager
def at(place: Where) -> Iterator[None]:
    """Meanwhile this process, and those it starts, work there."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = str(place)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before
