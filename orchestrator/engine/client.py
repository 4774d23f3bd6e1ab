"""The user's own Docker engine: DOCKER_HOST, the current context, or the local socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import docker
import requests
from docker import errors as docker_errors

from netproof.engine import docker_contexts, location, ssh_tunnel, vagrant_machines
from netproof.errors import BuildError, EngineError
from netproof.program import in_a_clone

Result = TypeVar("Result")

TIMEOUT = 60
_ELSEWHERE = 900
BOOTSTRAP_DOES = in_a_clone(" (./bootstrap does on Debian and Ubuntu)")
REMEDY = f"Start the engine{BOOTSTRAP_DOES}, or point DOCKER_HOST at one; `invoke doctor` looks closer."
FORBIDDEN = "Add this user to the group docker and log in again, or run this as root."
_DENIED = "Permission denied"

_MACHINE = "vagrant://"
# What we use of it came with Docker 20.10.
_OLDEST = (1, 41)


def _chosen() -> tuple[str | None, Any]:
    """Address and TLS settings of the engine; (None, None) for the local socket."""
    place = location.current()
    if place.kind == location.SSH:
        return str(place), None
    if place.kind == location.VAGRANT:
        return f"{_MACHINE}{vagrant_machines.way()[0]}", None
    if place.kind == location.DOCKER:
        return docker_contexts.endpoint(place.target)
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"], None
    return docker_contexts.endpoint(os.environ.get("DOCKER_CONTEXT"))


def address() -> str:
    """Where the engine is looked for."""
    found = _chosen()[0] or "unix:///var/run/docker.sock"
    return location.VAGRANT if found.startswith(_MACHINE) else found


# What engines have said of themselves: address -> API version. To ask again for each client takes 10 ms.
_versions: dict[str, str] = {}


def _client(url: str | None, tls: Any, version: str) -> docker.DockerClient:
    if url and url.startswith(_MACHINE):
        url = f"unix://{_to_the_machine()}"
    elif url and url.startswith("ssh://"):
        url = f"unix://{ssh_tunnel.socket_to(url.removeprefix('ssh://'))}"
    elif url and url == os.environ.get("DOCKER_HOST") and location.current().is_here:
        return docker.from_env(timeout=TIMEOUT, version=version)  # it reads DOCKER_TLS_VERIFY, too
    if url is None:
        return docker.DockerClient(timeout=TIMEOUT, version=version)
    # Another machine may be slow, or emulated; that a connection is gone is noticed by ssh.
    timeout = TIMEOUT if location.current().is_here else _ELSEWHERE
    return docker.DockerClient(base_url=url, tls=tls, timeout=timeout, version=version)


def _to_the_machine() -> Path:
    try:
        return ssh_tunnel.socket_to(*vagrant_machines.way())
    except EngineError as error:
        if not vagrant_machines.ssh_config().exists():
            raise
        reason = error.problem.partition(": ")[2] or error.problem
        raise EngineError(
            f"The virtual machine cannot be reached: {reason}",
            "`invoke vagrant status` tells how it is; `invoke vagrant up` wakes it.",
        ) from error


def connect(*, any_version: bool = False) -> docker.DockerClient:
    """A client for the engine that lab hosts run on. One per thread: docker-py's is not thread-safe.

    EngineError when there is none, or one that is too old (unless `any_version` will do).
    """
    try:
        url, tls = _chosen()
        key = url or ""
        client = _client(url, tls, _versions.get(key, "auto"))
    except (docker_errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineError(f"No Docker engine answers at {address()}: {_reason(error)}", _remedy(error)) from error
    version = client.api.api_version
    if not any_version and tuple(int(part) for part in version.split(".")) < _OLDEST:
        client.close()
        raise EngineError(
            f"The Docker engine at {address()} is too old: it speaks version {version} of the API.",
            "netproof needs version 1.41, which came with Docker 20.10.",
        )
    _versions[key] = version
    return client


def _remedy(error: BaseException) -> str:
    """An engine that is there and is not for this user need not be started."""
    return FORBIDDEN if _DENIED in str(error) else REMEDY


def _reason(error: BaseException) -> str:
    text = str(error)
    for sign, meaning in (
        (_DENIED, "permission denied; is this user in the group docker?"),
        ("No such file", "there is no such socket; no engine is running"),
        ("Connection refused", "connection refused; no engine is listening"),
    ):
        if sign in text:
            return meaning
    return text


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the engine's errors into ours, saying what was being done."""
    try:
        yield
    except docker_errors.APIError as error:
        reason = error.explanation or str(error)
        remedy = (
            "Free some space on the engine's disk." if "no space left" in reason else "`invoke doctor` looks closer."
        )
        raise BuildError(f"The Docker engine refused while {doing}: {reason}", remedy) from error
    except (docker_errors.DockerException, requests.RequestException) as error:
        problem = f"The Docker engine stopped answering while {doing}: {_reason(error)}"
        raise EngineError(problem, _remedy(error)) from error


def quietly(action: Callable[[], Result]) -> Result | None:
    """Do something whose object may have gone already."""
    try:
        return action()
    except docker_errors.NotFound:
        return None
    except docker_errors.APIError as error:
        if "already in progress" in str(error.explanation):
            return None
        raise
