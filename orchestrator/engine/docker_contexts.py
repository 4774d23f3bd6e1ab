"""Docker contexts: the addresses of engines that the docker CLI keeps."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from docker import errors as docker_errors
from docker.context import Context, ContextAPI
from docker.tls import TLSConfig
from docker.utils.config import find_config_file

from netproof.errors import EngineError

_LIST = "`docker context ls` lists those there are."


def endpoint(name: str | None) -> tuple[str | None, Any]:
    """Address and TLS settings of a docker context, or of the current one; (None, None) for the default one."""
    try:
        context = ContextAPI.get_context(name) if name else ContextAPI.get_current_context()
    except docker_errors.DockerException as error:
        raise EngineError(f"The docker context {name or 'that is current'} cannot be read: {error}", _LIST) from error
    if context is None:
        return _without_configuration(str(name))
    return (None, None) if context.name == "default" else _of(context)


def _of(context: Context) -> tuple[str | None, Any]:
    return context.Host, context.TLSConfig


def _without_configuration(name: str) -> tuple[str, Any]:
    """A context that docker-py does not find: it looks for them beside config.json, which need not be there."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "contexts"
    mark = hashlib.sha256(name.encode()).hexdigest()
    path = folder / "meta" / mark / "meta.json"
    if find_config_file() is not None or not path.exists():
        raise EngineError(f"There is no docker context {name!r}.", _LIST)
    try:
        about = json.loads(path.read_text())["Endpoints"]["docker"]
        host = str(about["Host"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(f"The docker context {name} cannot be read: {path} is damaged.", _LIST) from error
    keys = folder / "tls" / mark / "docker"
    if not keys.is_dir():
        return host, None
    return host, TLSConfig(
        client_cert=(str(keys / "cert.pem"), str(keys / "key.pem")),
        ca_cert=str(keys / "ca.pem"),
        verify=not about.get("SkipTLSVerify", False),
    )
