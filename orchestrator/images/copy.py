"""A lab host image from the user's own engine to the one labs are built on: sent rather than built a second time."""

from __future__ import annotations

from collections.abc import Iterator

import docker
from docker.errors import DockerException

from netproof.engine import location
from netproof.engine.client import connect
from netproof.engine.location import Where
from netproof.errors import NetproofError
from netproof.images import errors
from netproof.images.lookup import HostImage, find
from netproof.progress import Passing, Say

_MIB = 1 << 20
_EVERY = 32 * _MIB


def copied(client: docker.DockerClient, engine: str, say: Say) -> HostImage | None:
    """The image, sent from the usual engine when that has it and `client` is another; else None."""
    if location.current().is_here:
        return None
    with location.at(Where()):
        try:
            own = connect()
        except NetproofError:
            return None
    try:
        image = find(own, engine)
        if image is None:
            return None
        with errors.engine_step(f"Sending the lab host image for engine {engine}", client):
            _load(client, _told(own.api.get_image(image.id), engine, say))
    finally:
        own.close()
    return find(client, engine)


def _load(client: docker.DockerClient, chunks: Iterator[bytes]) -> None:
    """Hand an archive to the engine, whose refusals come as part of a good answer."""
    for event in client.api.load_image(chunks):  # type: ignore[no-untyped-call]  # not in the stubs
        if "error" in event:
            raise DockerException(event["error"])


def _told(chunks: Iterator[bytes], engine: str, say: Say) -> Iterator[bytes]:
    sent = told = 0
    for chunk in chunks:
        yield chunk
        sent += len(chunk)
        if sent - told >= _EVERY:
            told = sent
            say(Passing(f"sending lab host {engine}: {sent // _MIB} MB …"))
