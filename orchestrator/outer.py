"""The user's own Docker engine: DOCKER_HOST, the current context, or the local socket."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import docker
import requests
from docker import errors as docker_errors
from docker.context import ContextAPI

from orchestrator.errors import BuildError, EngineError

Result = TypeVar("Result")

TIMEOUT = 60
_REMEDY = (
    "Start the engine (./bootstrap does on Debian and Ubuntu), or point DOCKER_HOST at one; "
    "`invoke doctor` looks closer."
)


def _context_url() -> tuple[str | None, Any]:
    """Address and TLS settings of the current docker context; (None, None) for the default one."""
    name = os.environ.get("DOCKER_CONTEXT")
    try:
        context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    except docker_errors.DockerException as error:
        raise EngineError(f"The docker context {name or 'that is current'} cannot be read: {error}", _REMEDY) from error
    if context is None:
        raise EngineError(f"There is no docker context {name!r}.", "`docker context ls` lists those there are.")
    if context.name == "default":
        return None, None
    return context.Host, context.TLSConfig


def address() -> str:
    """Where the engine is looked for."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    return _context_url()[0] or "unix:///var/run/docker.sock"


# What engines have said of themselves: address -> API version. To ask again for each client takes 10 ms.
_versions: dict[str, str] = {}


def _client(version: str) -> docker.DockerClient:
    if os.environ.get("DOCKER_HOST"):
        return docker.from_env(timeout=TIMEOUT, version=version, use_ssh_client=True)
    url, tls = _context_url()
    if url is None:
        return docker.DockerClient(timeout=TIMEOUT, version=version)
    return docker.DockerClient(base_url=url, tls=tls, timeout=TIMEOUT, version=version, use_ssh_client=True)


def connect() -> docker.DockerClient:
    """A client for the user's engine. One per thread: docker-py's is not thread-safe."""
    try:
        where = address()
        client = _client(_versions.get(where, "auto"))
    except (docker_errors.DockerException, requests.RequestException, OSError) as error:
        raise EngineError(f"No Docker engine answers at {address()}: {_reason(error)}", _REMEDY) from error
    _versions[where] = client.api.api_version
    return client


def _reason(error: BaseException) -> str:
    text = str(error)
    for sign, meaning in (
        ("Permission denied", "permission denied; is this user in the group docker?"),
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
        raise EngineError(f"The Docker engine stopped answering while {doing}: {_reason(error)}", _REMEDY) from error


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
