"""Taking labs away: one instance, or everything of ours, found by label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import docker
from attrs import define, field
from docker import errors as docker_errors

from orchestrator import labels, state
from orchestrator.backends import Hosts
from orchestrator.backends.dind import DockerHosts
from orchestrator.outer import quietly, translated
from orchestrator.state import Instance

_CONFLICT = 409


@define
class Removed:
    """What was removed, in words people know, and what had to stay because something that is not ours uses it."""

    hosts: list[str] = field(factory=list)
    other: list[str] = field(factory=list)
    kept: list[str] = field(factory=list)


def down(hosts: Hosts, instance: Instance) -> list[str]:
    """Remove an instance; returns the lab hosts that were removed, none when there were none."""
    found = hosts.find(instance)
    hosts.remove(found)
    hosts.remove_volumes(instance)
    instance.forget()
    return [host.host for host in found]


def _ours() -> dict[str, Any]:
    return {"label": f"{labels.OWNER}={labels.owner()}"}


def _sweep(kind: str, found: list[str], remove: Callable[[str], Any], removed: Removed) -> None:
    for item in found:
        name = f"{kind} {item.removeprefix('sha256:')[:12]}"
        try:
            quietly(partial(remove, item))
            removed.other.append(name)
        except docker_errors.APIError as error:
            if error.response is None or error.response.status_code != _CONFLICT:
                raise
            removed.kept.append(f"{name}: {error.explanation}")


def clean(client: docker.DockerClient, *, keep_images: bool) -> Removed:
    """Remove everything that carries this owner's label: containers, networks, volumes, images; files of builds."""
    from orchestrator import images  # noqa: PLC0415 - `down` does without the image builder
    from orchestrator.images.lookup import ROLE  # noqa: PLC0415 - as above

    removed = Removed()
    hosts = DockerHosts(client)
    found = hosts.find()
    hosts.remove(found)
    removed.hosts = [f"{host.instance} {host.host}" for host in found]
    api = client.api
    with translated("removing what is labelled as ours"):
        # A container that somebody made from one of our images has that image's labels.
        labelled = api.containers(all=True, filters=_ours())
        rest = [item["Id"] for item in labelled if item["Labels"].get(labels.ROLE) != ROLE]
        _sweep("container", rest, lambda item: api.remove_container(item, v=True, force=True), removed)
        _sweep("network", [item["Id"] for item in api.networks(filters=_ours())], api.remove_network, removed)
        volumes = [item["Name"] for item in api.volumes(filters=_ours())["Volumes"] or []]
        _sweep("volume", volumes, api.remove_volume, removed)
        if not keep_images:
            made = [item["Id"] for item in api.images(filters=_ours())]
            _sweep("image", made, lambda item: api.remove_image(item, force=True), removed)
    images.sweep()
    return removed


def forget_files(instances: Iterable[Instance]) -> None:
    """Remove what we know of instances that are gone."""
    for instance in instances:
        instance.forget()
    with suppress(OSError):  # one that is somewhere else is still remembered
        (state.root() / "instances").rmdir()
