"""From what a tool or the engine said to an ImageError that names the step and the way out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import docker
import requests
from docker.errors import DockerException

from netproof.errors import ImageError

_FULL = ("no space left on device", "enospc", "disk quota exceeded", "not enough free space")
# Below this, a tool that failed without saying why failed for want of space.
_NOTHING_LEFT = 16 << 20
_SHOWN_LINES = 8


def says_disk_full(text: str) -> bool:
    """Whether a message means that a disk is full."""
    return any(sign in text.lower() for sign in _FULL)


def step_failed(step: str, output: Iterable[str], remedy: str, place: Path | None = None) -> ImageError:
    """The error for a failed step. `place` is where it was writing, if that is on this machine."""
    lines = [line.rstrip() for line in output if line.strip()]
    shown = "".join(f"\n    {line}" for line in lines[-_SHOWN_LINES:])
    if says_disk_full("\n".join(lines)) or _is_full(place):
        return disk_full(step, place, shown)
    return ImageError(f"{step} failed.{shown}", remedy)


def disk_full(step: str, place: Path | None, shown: str = "") -> ImageError:
    """The error for a step that ran out of disk."""
    where = f" at {place}" if place else ""
    return ImageError(
        f"{step} failed: no space left on the disk{where}.{shown}",
        "A build needs about 1 GB in the temporary directory (TMPDIR chooses another) and 1 GB in the "
        "engine's data directory (`docker system df` shows what fills it). Free some and try again.",
    )


@contextlib.contextmanager
def engine_step(step: str, client: docker.DockerClient) -> Iterator[None]:
    """Turn what the engine says while `step` runs into an ImageError."""
    try:
        yield
    except (DockerException, requests.RequestException) as error:
        remedy = "Check that the Docker engine is well (`docker info`) and try again."
        raise step_failed(step, str(error).splitlines(), remedy, _engine_place(client)) from error


def _engine_place(client: docker.DockerClient) -> Path | None:
    with contextlib.suppress(DockerException, requests.RequestException):
        return Path(client.info()["DockerRootDir"])
    return None


def _is_full(place: Path | None) -> bool:
    # The engine may be on another machine, where its directory says nothing about a disk here.
    return place is not None and place.exists() and shutil.disk_usage(place).free < _NOTHING_LEFT
