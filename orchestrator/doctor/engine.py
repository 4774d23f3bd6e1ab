"""The user's Docker engine: where it is, what it is, and whether a lab host can run on it."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import docker
from attrs import frozen

from netproof.doctor.finding import EVERY_LAB, Finding, Status
from netproof.engine.client import BOOTSTRAP_DOES, REMEDY, address, connect, translated
from netproof.errors import EngineError

AREA = "engine"
# The first with private cgroup namespaces, which lab hosts have (Docker 20.10).
_API = (1, 41)
_UNREACHABLE = f"Start one{BOOTSTRAP_DOES}, or point DOCKER_HOST or a docker context at one."


@frozen
class Engine:
    """An engine that answered."""

    client: docker.DockerClient
    address: str
    info: dict[str, Any]
    version: dict[str, Any]

    @property
    def local(self) -> bool:
        """Whether it runs on this machine: a socket alone may lead into a virtual machine or elsewhere."""
        return self.address.startswith("unix:") and self.info.get("Name") == socket.gethostname()


def reach() -> Engine:
    """The engine, and what it says about itself; EngineError when there is none."""
    client = connect(any_version=True)
    with translated("asking about itself"):
        return Engine(client, address(), client.info(), client.version())


def unreachable(error: EngineError) -> Finding:
    """No engine answers."""
    remedy = _UNREACHABLE if error.remedy == REMEDY else error.remedy
    return Finding(AREA, "address", "missing", error.problem, EVERY_LAB, remedy)


def examine(engine: Engine) -> Iterator[Finding]:
    """Everything about an engine that answers."""
    where = "on this machine" if engine.local else "on another machine or in a virtual one"
    yield Finding(AREA, "address", "ok", f"{engine.address}, {where}", EVERY_LAB)
    yield _version(engine)
    yield _platform(engine.info)
    yield _storage(engine.info)
    yield _cgroups(engine.info)
    yield from _rights(engine.info)


def _version(engine: Engine) -> Finding:
    api = str(engine.version.get("ApiVersion", "0"))
    what = f"{engine.version.get('Version', 'unknown')}, API {api}"
    if tuple(int(part) for part in re.findall(r"\d+", api)[:2]) >= _API:
        return Finding(AREA, "version", "ok", what, EVERY_LAB)
    remedy = "Lab hosts need a private cgroup namespace: upgrade to Docker 20.10 or later."
    return Finding(AREA, "version", "missing", what, EVERY_LAB, remedy)


def _platform(info: dict[str, Any]) -> Finding:
    what = f"{info.get('OperatingSystem')}, kernel {info.get('KernelVersion')}, {info.get('Architecture')}"
    if info.get("OSType") == "linux":
        return Finding(AREA, "platform", "ok", what, EVERY_LAB)
    return Finding(AREA, "platform", "missing", what, EVERY_LAB, "Switch the engine to Linux containers.")


def _storage(info: dict[str, Any]) -> Finding:
    about = {item[0]: item[1] for item in info.get("DriverStatus") or ()}
    driver = info.get("Driver", "unknown")
    what = f"{driver} on {about['Backing Filesystem']}" if "Backing Filesystem" in about else driver
    if about.get("Supports d_type") == "false":
        remedy = "The engine in a lab host keeps overlay2 there: use a file system with d_type (xfs: ftype=1)."
        return Finding(AREA, "storage", "missing", f"{what}, without d_type", EVERY_LAB, remedy)
    if driver == "vfs":
        return Finding(AREA, "storage", "note", f"{what}, which copies the whole image for each lab host: slow")
    return Finding(AREA, "storage", "ok", what, EVERY_LAB)


def _cgroups(info: dict[str, Any]) -> Finding:
    version, driver = info.get("CgroupVersion"), info.get("CgroupDriver", "unknown")
    if not version:
        return Finding(AREA, "cgroups", "unknown", f"driver {driver}; the engine does not tell the version")
    return Finding(AREA, "cgroups", "ok", f"version {version}, driver {driver}", EVERY_LAB)


def _rights(info: dict[str, Any]) -> Iterator[Finding]:
    options = dict(_option(text) for text in info.get("SecurityOptions") or ())
    if "rootless" in options or "userns" in options:
        kind = "rootless" if "rootless" in options else "in a user namespace (userns-remap)"
        what = f"containers run {kind}; labs are proven on engines that run as root, here they may not start"
        yield Finding(AREA, "rights", "note", what)
    else:
        yield Finding(AREA, "rights", "ok", "runs as root, without a user namespace", EVERY_LAB)
    named = ", ".join(f"{name} ({detail})" if detail else name for name, detail in sorted(options.items()))
    status: Status = "note" if "selinux" in options else "ok"
    yield Finding(AREA, "security", status, named or "no seccomp, AppArmor or SELinux")


def _option(text: str) -> tuple[str, str]:
    """`name=seccomp,profile=default` as (seccomp, profile=default)."""
    name, _, detail = text.removeprefix("name=").partition(",")
    return name, detail
