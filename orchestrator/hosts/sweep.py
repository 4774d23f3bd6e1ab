"""Everything on an engine that carries this owner's label, removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import docker
from docker import errors as docker_errors

from netproof import images
from netproof.engine.client import quietly, translated
from netproof.hosts import Swept
from netproof.images.lookup import ROLE
from netproof.state import labels

_CONFLICT = 409


def sweep(api: docker.APIClient, *, keep_images: bool) -> Swept:
    """Containers, networks, volumes and images; files of builds, too."""
    found = Swept()
    with translated("removing what is labelled as ours"):
        # A container that somebody made from one of our images has that image's labels.
        labelled = api.containers(all=True, filters=_ours())
        rest = [item["Id"] for item in labelled if item["Labels"].get(labels.ROLE) != ROLE]
        _remove("container", rest, lambda item: api.remove_container(item, v=True, force=True), found)
        _remove("network", [item["Id"] for item in api.networks(filters=_ours())], api.remove_network, found)
        volumes = [item["Name"] for item in api.volumes(filters=_ours())["Volumes"] or []]
        _remove("volume", volumes, api.remove_volume, found)
        if not keep_images:
            made = [item["Id"] for item in api.images(filters=_ours())]
            _remove("image", made, lambda item: api.remove_image(item, force=True), found)
    images.sweep()
    return found


def _ours() -> dict[str, Any]:
    return {"label": f"{labels.OWNER}={labels.owner()}"}


def _remove(kind: str, items: list[str], remove: Callable[[str], Any], found: Swept) -> None:
    for item in items:
        name = f"{kind} {item if item.startswith('netproof') else item.removeprefix('sha256:')[:12]}"
        try:
            quietly(partial(remove, item))
            found.other.append(name)
        except docker_errors.APIError as error:
            if error.response is None or error.response.status_code != _CONFLICT:
                raise
            found.kept.append(f"{name}: {error.explanation}")
