"""Where the distribution part of a lab host comes from, and the choice between the ways."""

from __future__ import annotations

import enum
import os
import shutil
from collections.abc import Callable
from typing import Protocol

from netproof.errors import ImageError
from netproof.images import rootfs_from_image
from netproof.images.build_job import PACKAGES, Job
from netproof.images.rootfs_by_debootstrap import Debootstrap


class Source(Protocol):
    """A way to make a root file system with the recipe's packages."""

    def rootfs(self, job: Job) -> str:
        """Make it; the id of the image."""


class Way(enum.Enum):
    """Which source is used."""

    PRESENT = "base image present"
    PULL = "base image pulled"
    DEBOOTSTRAP = "debootstrap"


def choose(*, present: bool, pullable: Callable[[], bool], can_bootstrap: bool) -> Way | None:
    """The quickest way that is open; a registry is asked only when that matters."""
    if present:
        return Way.PRESENT
    if pullable():
        return Way.PULL
    return Way.DEBOOTSTRAP if can_bootstrap else None


def source_for(job: Job) -> Source:
    """The source for this machine, its base image pulled if that is the way."""
    base = job.recipe.base
    job.steps.begin(PACKAGES)
    job.steps.passing(f"looking for {base}")
    present = rootfs_from_image.is_present(job.client, base)
    way = choose(
        present=present,
        pullable=lambda: rootfs_from_image.is_pullable(job.client, base),
        can_bootstrap=os.geteuid() == 0 and shutil.which("debootstrap") is not None,
    )
    if way is None:
        raise no_way(base)
    if way is Way.PULL:
        rootfs_from_image.pull(job)
    return Debootstrap() if way is Way.DEBOOTSTRAP else rootfs_from_image.BaseImage()


def no_way(base: str) -> ImageError:
    """The error for a machine where every way is closed."""
    return ImageError(
        f"A lab host image starts from {base}, which is not here, and no registry answered for it.",
        f"Either bring {base} into the engine (`docker pull` where a registry answers, or `docker load`), "
        "or install debootstrap and run this as root once.",
    )
