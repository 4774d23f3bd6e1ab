"""Volumes that hold an engine's data before a lab host needs one: filling one is a good part of starting a lab host.

An engine fills a volume from the image when a container is made with it. So `up` leaves a process behind that makes
some for the next: volumes labelled as ours, each with a file that says it is whole. Whoever removes the file has the
volume. One that is no more when a lab host is made with it is made anew by the engine, and filled as if there had been
no spare.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import docker
import requests
from docker import errors as docker_errors

from netproof.engine.client import connect, quietly
from netproof.errors import NetproofError
from netproof.paths import IMPORT_ROOT
from netproof.state import labels
from netproof.state.instance import root

ROLE = "spare"
DATA = "/var/lib/docker"  # where a lab host has its engine's data
_PREFIX = "netproof-spare-"
_USUAL = 2
_PATIENCE = 30.0
_SHORT = 12


def wanted() -> int:
    """How many are kept of an image: NETPROOF_SPARES, or two; none where that is no number."""
    given = os.environ.get("NETPROOF_SPARES", str(_USUAL))
    return int(given) if given.isdigit() else 0


def claim(image: str) -> str:
    """A filled volume that is nobody else's from now on, by name; "" when there is none."""
    for record in _records(image):
        with suppress(OSError):
            record.unlink()
            return record.name
    return ""


def in_use(summary: dict[str, Any]) -> str:
    """The spare that a container, as an engine lists it, has its engine's data on; "" for one that has none."""
    names = [str(one.get("Name", "")) for one in summary.get("Mounts") or () if one.get("Destination") == DATA]
    return next((name for name in names if name.startswith(_PREFIX)), "")


def replenish(image: str) -> None:
    """Have what was taken made again, by a process of its own: returns at once."""
    if len(_records(image)) < wanted():
        with suppress(OSError):  # then the next lab host is started without
            subprocess.Popen(
                [sys.executable, "-m", __name__, image],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                cwd=IMPORT_ROOT,
            )


@contextmanager
def none_being_made() -> Iterator[None]:
    """No spare is being made meanwhile, and those there are count no more: the volumes are being removed."""
    if not _folder().is_dir():
        yield
        return
    from filelock import FileLock, Timeout  # noqa: PLC0415 - `up` does without

    lock = FileLock(_folder() / "lock")
    with suppress(Timeout, OSError):  # what a process that hangs makes after all, the next `clean` removes
        lock.acquire(timeout=_PATIENCE)
    try:
        for record in _folder().glob(f"*/{_PREFIX}*"):
            with suppress(OSError):
                record.unlink()
        yield
    finally:
        lock.release()


def make(client: docker.DockerClient, image: str) -> None:
    """Make as many as are wanted, and remove what was left of others."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 - as above

    folder = _folder(image)
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(Timeout), FileLock(_folder() / "lock", timeout=0):
        _collect(client.api)
        for _ in range(wanted() - len(_records(image))):
            (folder / _filled(client.api, image)).touch()


def _filled(api: docker.APIClient, image: str) -> str:
    """A volume with what the image has for it, by name."""
    name = f"{_PREFIX}{labels.mark()}-{secrets.token_hex(6)}"
    marks = {labels.OWNER: labels.owner(), labels.ROLE: ROLE}
    api.create_volume(name, labels=marks)
    try:
        config = api.create_host_config(network_mode="none")
        config["Mounts"] = [{"Type": "volume", "Source": name, "Target": DATA}]
        made = api.create_container(image, labels=marks, host_config=config)["Id"]
        api.remove_container(made, force=True)
    except BaseException:
        with suppress(docker_errors.DockerException, requests.RequestException):
            api.remove_volume(name, force=True)
        raise
    return name


def _collect(api: docker.APIClient) -> None:
    """Remove what killed processes left, and spares of images that are gone; forget what somebody else removed."""
    ours = {"label": [f"{labels.OWNER}={labels.owner()}", f"{labels.ROLE}={ROLE}"]}
    for container in api.containers(all=True, filters=ours):
        quietly(partial(api.remove_container, container["Id"], v=True, force=True))
    volumes = {volume["Name"] for volume in api.volumes(filters=ours)["Volumes"] or ()}
    images = {image["Id"].removeprefix("sha256:")[:_SHORT] for image in api.images()}
    whole = set()
    for record in _folder().glob(f"*/{_PREFIX}*"):
        if record.name in volumes and record.parent.name in images:
            whole.add(record.name)
        else:
            record.unlink(missing_ok=True)
    for name in volumes - whole:
        with suppress(docker_errors.APIError):  # a lab host has it
            api.remove_volume(name)


def _folder(image: str = "") -> Path:
    return root() / "spares" / image.removeprefix("sha256:")[:_SHORT]


def _records(image: str) -> list[Path]:
    return sorted(_folder(image).glob(f"{_PREFIX}*"))


if __name__ == "__main__":
    with suppress(NetproofError, docker_errors.DockerException, requests.RequestException, OSError):
        os.nice(10)  # what is typed next comes first
        make(connect(), sys.argv[1])
