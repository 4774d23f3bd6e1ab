"""Builds a lab host image, one build of an engine at a time, and leaves nothing else behind."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import docker
import filelock

from netproof.images.bake import bake
from netproof.images.build_job import IMPORT, PACKAGES, ROOTFS, Job
from netproof.images.copy import copied
from netproof.images.lookup import ROLE, HostImage, find, images_labelled
from netproof.images.recipe import current_rootfs_digest, recipe_of
from netproof.images.rootfs_choice import source_for
from netproof.images.workdir import sweep
from netproof.progress import Passing, Say
from netproof.state import folders, labels

_PATIENCE = 1.5


def build(client: docker.DockerClient, engine: str, say: Say, *, refresh: bool = False) -> HostImage:
    """The lab host image for an engine, built, or sent from where there is one. `refresh` builds anew."""
    recipe = recipe_of(engine)
    with _one_at_a_time(engine, say):
        # Another build may have finished while this one waited.
        if not refresh and (found := find(client, engine)):
            return found
        if not refresh and (found := copied(client, engine, say)):
            return found
        return _build(Job(client, recipe, say), refresh=refresh)


def _build(job: Job, *, refresh: bool) -> HostImage:
    sweep()
    try:
        rootfs = None if refresh else _kept_rootfs(job)
        if rootfs is None:
            rootfs = source_for(job).rootfs(job)
        else:
            job.steps.leave_out(PACKAGES, IMPORT)
        image = bake(job, rootfs)
    finally:
        job.discard()
    _drop_superseded(job, image)
    job.say(f"lab host {image.engine}: ready, engine {image.version}. {image.note}".rstrip())
    return image


def _kept_rootfs(job: Job) -> str | None:
    """The distribution part of an earlier image whose packages were the same: a build of seconds."""
    wanted = {ROOTFS: current_rootfs_digest(job.recipe), labels.ROLE: "builder"}
    images = images_labelled(job.client, wanted, all=True)
    return max(images, key=lambda image: image["Created"])["Id"] if images else None


def _drop_superseded(job: Job, image: HostImage) -> None:
    """Remove our earlier images for this engine, except those that a lab still runs from."""
    wanted = {labels.ROLE: ROLE, labels.ENGINE: image.engine, labels.OWNER: labels.owner()}
    for other in images_labelled(job.client, wanted):
        if other["Id"] != image.id:
            job.drop(other["Id"])


@contextlib.contextmanager
def _one_at_a_time(engine: str, say: Say) -> Iterator[None]:
    lock = filelock.FileLock(_state_dir() / f"image-{engine}.lock")
    while True:
        try:
            lock.acquire(timeout=_PATIENCE)
            break
        except filelock.Timeout:
            say(Passing(f"lab host {engine}: waiting for another build of it …"))
    try:
        yield
    finally:
        lock.release()


def _state_dir() -> Path:
    path = Path(os.environ.get("NETPROOF_STATE_DIR") or folders.of_user("state"))
    path.mkdir(parents=True, exist_ok=True)
    return path
