"""Which lab host images there are, and whether more can be built here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping

import docker

from netproof.doctor.finding import EVERY_LAB, Finding
from netproof.images import DEFAULT_ENGINE, ENGINES, HostImage, find, rootfs_from_image
from netproof.images.rootfs_choice import Way, choose

AREA = "images"
Images = Mapping[str, HostImage | None]
_CLOSED = (
    "Install debootstrap and run this as root once, or bring the base image into the engine "
    "(`docker pull` where a registry answers, or `docker load`)."
)


def built(client: docker.DockerClient) -> Images:
    """The image of each engine, or None where it is not built."""
    return {engine: find(client, engine) for engine in ENGINES}


def present(images: Images) -> Iterator[Finding]:
    """Which engines a lab can have without a build."""
    for engine, image in images.items():
        if image is None:
            remedy = f"`invoke images --engine {engine}` builds it; `lab up` does when it is needed."
            yield Finding(AREA, engine, "missing", "not built", f"labs on engine {engine}", remedy)
        else:
            what = f"engine {image.version}, image {image.id.removeprefix('sha256:')[:12]}. {image.note}"
            yield Finding(AREA, engine, "ok", what.removesuffix(". "), f"labs on engine {engine}")


def ways(client: docker.DockerClient) -> dict[str, Way | None]:
    """How the image of each engine would be built here."""
    return {engine: _way(client, recipe.base) for engine, recipe in ENGINES.items()}


def _way(client: docker.DockerClient, base: str) -> Way | None:
    """The way for one base image. A registry is asked only where nothing else would do."""
    rooted = os.geteuid() == 0 and shutil.which("debootstrap") is not None
    return choose(
        present=rootfs_from_image.is_present(client, base),
        pullable=lambda: not rooted and rootfs_from_image.is_pullable(client, base),
        can_bootstrap=rooted,
    )


def buildable(images: Images, found: Mapping[str, Way | None]) -> Iterator[Finding]:
    """Whether those that are not built, or have to be built anew, can be."""
    closed = [engine for engine, way in found.items() if way is None]
    lacking = [engine for engine in closed if images.get(engine) is None]
    what = ", ".join(f"{engine}: {way.value if way else 'no way'}" for engine, way in found.items())
    needed_for = EVERY_LAB if DEFAULT_ENGINE in lacking else "building images"
    if lacking:
        yield Finding(AREA, "building", "missing", what, needed_for, _CLOSED)
    elif closed:
        yield Finding(AREA, "building", "note", f"{what}; what is built already can be used", needed_for, _CLOSED)
    else:
        yield Finding(AREA, "building", "ok", what, needed_for)
