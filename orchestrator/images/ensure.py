"""A lab host image, found or built."""

from __future__ import annotations

from collections.abc import Callable

import docker

from netproof.images.lookup import HostImage, find


def ensure(client: docker.DockerClient, engine: str, say: Callable[[str], None], *, refresh: bool = False) -> HostImage:
    """The lab host image for an engine, found or built. `refresh` builds anew from the distribution."""
    if not refresh and (found := find(client, engine)):
        return found
    from netproof.images.build import build  # noqa: PLC0415 - what is there does without the builder

    return build(client, engine, say, refresh=refresh)
