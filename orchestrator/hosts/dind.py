"""Lab hosts as containers that run an engine of their own (Docker-in-Docker)."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import docker
import requests

from netproof.engine import location
from netproof.engine.client import connect, quietly, translated
from netproof.errors import BuildError, NetproofError
from netproof.hosts import SHARED, Found, HostSpec, Ready, Swept, spares
from netproof.hosts.exec_stream import ExecStream
from netproof.hosts.unpause import thaw
from netproof.state import labels
from netproof.state.instance import Instance
from netproof.wait import until

_REMOVAL_LIMIT = 20.0


def container_name(instance: Instance, host: str) -> str:
    """The outer container's name, which no other owner's has. Only for people: we find things by label."""
    return f"netproof-{instance.slug}-{host}-{labels.mark()}"


def volume_name(instance: Instance) -> str:
    """The volume that the hosts of a lab with several have in common; its first host makes it."""
    return f"netproof-{labels.mark()}-{instance.slug}"


def _found(summary: dict[str, Any]) -> Found:
    marks = summary["Labels"]
    return Found(
        id=summary["Id"],
        instance=Instance(marks[labels.LAB], marks.get(labels.INSTANCE, "")),
        host=marks.get(labels.HOST, ""),
        engine=marks.get(labels.ENGINE, ""),
        firewall=marks.get(labels.FIREWALL, ""),
        digest=marks.get(labels.SPEC, ""),
        image=summary["ImageID"],
        state=summary["State"],
        owner=marks[labels.OWNER],
        data=spares.in_use(summary),
    )


class DockerHosts:
    """Lab hosts on the user's engine, found by label."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client

    def find(self, instance: Instance | None = None) -> list[Found]:
        """Lab hosts of an instance, or all of this owner's."""
        wanted = [f"{labels.OWNER}={labels.owner()}", f"{labels.ROLE}=host"]
        if instance is not None:
            wanted += [f"{labels.LAB}={instance.lab}", f"{labels.INSTANCE}={instance.tag}"]
        with translated("listing lab hosts"):
            summaries = self._client.api.containers(all=True, filters={"label": wanted})
        return sorted((_found(summary) for summary in summaries), key=lambda host: host.host)

    at_once = 0

    def engines(self) -> list[str]:
        """All that images are made of."""
        from netproof.images import DEFAULT_ENGINE, ENGINES  # noqa: PLC0415 - as below

        return sorted(ENGINES, key=lambda engine: engine != DEFAULT_ENGINE)

    def kernel(self) -> str:
        """The release of the kernel under the engine."""
        with translated("asking for its version"):
            return str(self._client.version()["KernelVersion"])

    def prepare(self, engine: str, _count: int, say: Callable[[str], None]) -> Ready:
        """The lab host image of an engine, found or built."""
        from netproof import images  # noqa: PLC0415 - finding and removing do without the image builder

        image = images.ensure(self._client, engine, say)
        return Ready(image.id, image.version, image.note)

    def start(self, instance: Instance, spec: HostSpec) -> Found:
        """Make and start the container of a lab host; removes it again when it does not start."""
        from netproof.images import host_config  # noqa: PLC0415 - finding and removing do without the image builder

        marks = {
            labels.LAB: instance.lab,
            labels.INSTANCE: instance.tag,
            labels.OWNER: labels.owner(),
            labels.ROLE: "host",
            labels.HOST: spec.name,
            labels.SPEC: spec.digest,
        }
        api = self._client.api
        name = container_name(instance, spec.name)
        with translated(f"starting lab host {spec.name}"):
            self._refuse_foreign(name)
            data = spares.claim(spec.image) if location.current().is_here else ""
            create = partial(
                api.create_container,
                spec.image,
                name=name,
                hostname=spec.name,
                labels={**marks, labels.ENGINE: spec.engine, labels.FIREWALL: spec.firewall},
                environment={
                    "NETPROOF_DAEMON_JSON": json.dumps(dict(spec.settings)),
                    "NETPROOF_FIREWALL": spec.firewall,
                },
                host_config=host_config(
                    api,
                    volume_labels=marks,
                    data=data,
                    shared=(volume_name(instance), SHARED) if spec.shares else None,
                ),
            )
            # In a thread, so that an interrupt waits for it: a container half made cannot be found to be removed.
            with ThreadPoolExecutor(1) as pool:
                made = pool.submit(create).result()["Id"]
            try:
                api.start(made)
            except BaseException:
                _remove(self._client, made, data)
                raise
        return Found(
            made,
            instance,
            spec.name,
            spec.engine,
            spec.firewall,
            spec.digest,
            spec.image,
            "running",
            labels.owner(),
            data=data,
        )

    def _refuse_foreign(self, name: str) -> None:
        """A container of the name we need that does not carry our labels is the user's."""
        holder = quietly(lambda: self._client.api.inspect_container(name))
        if holder is not None:
            owner = (holder["Config"]["Labels"] or {}).get(labels.OWNER, "somebody else")
            raise BuildError(
                f"A container named {name} exists and belongs to {owner}.",
                "Rename or remove it, or use another instance name: --as second.",
            )

    def remove(self, hosts: Sequence[Found]) -> None:
        """Kill and remove, all at once: one after the other takes seconds for the nodes of a swarm."""
        if not hosts:
            return
        first, *others = hosts
        with translated("removing lab hosts"), ThreadPoolExecutor(max(len(others), 1)) as pool:
            pending = [pool.submit(_remove_elsewhere, host) for host in others]
            _remove(self._client, first.id, first.data)
            for outcome in pending:
                outcome.result()
        until(lambda: not self._lingering(hosts), _REMOVAL_LIMIT)

    def _lingering(self, hosts: Sequence[Found]) -> list[str]:
        """Hosts still listed, after another attempt to remove them.

        An engine lists a container that was half made when its client was killed, and at first denies having it.
        """
        known = {host.id for host in hosts}
        with translated("removing lab hosts"):
            listed = self._client.api.containers(all=True, filters={"label": f"{labels.ROLE}=host"})
            left = [item["Id"] for item in listed if item["Id"] in known]
            for container in left:
                quietly(partial(self._client.api.remove_container, container, v=True, force=True))
        return left

    def remove_volumes(self, instance: Instance) -> None:
        """Remove the volume that the hosts of an instance had in common."""
        wanted = [f"{labels.OWNER}={labels.owner()}", f"{labels.LAB}={instance.lab}"]
        api = self._client.api
        with translated("removing volumes"):
            found = api.volumes(filters={"label": [*wanted, f"{labels.INSTANCE}={instance.tag}"]})["Volumes"] or []
            for volume in found:
                quietly(partial(api.remove_volume, volume["Name"]))

    def sweep(self, *, keep_images: bool) -> Swept:
        """Remove containers, networks, volumes and images with this owner's label, and files of builds."""
        from netproof.hosts.sweep import sweep  # noqa: PLC0415 - `clean` alone does

        with spares.none_being_made():
            return sweep(self._client.api, keep_images=keep_images)

    def get_ready(self, image: str) -> None:
        """Fill volumes for the next lab hosts of an image, in the background."""
        if location.current().is_here:
            spares.replenish(image)

    def stream(self, host: Found, command: Sequence[str]) -> ExecStream:
        """Start a process in a lab host, over a connection of its own."""
        return ExecStream(host.id, command)

    def connect(self, host: Found, client: socket.socket) -> None:
        """Lead a connection to a lab host's engine, over one of its own."""
        from netproof.hosts.docker_cli_relay import relay  # noqa: PLC0415 - only for a docker CLI here

        relay(host.id, client)

    def wait(self, host: Found) -> None:
        """Return when a lab host, or the engine it runs on, is no more."""
        with suppress(docker.errors.DockerException, requests.RequestException, NetproofError):
            self._client.api.wait(host.id, timeout=None)


def _remove_elsewhere(host: Found) -> None:
    client = connect()  # docker-py's client belongs to one thread
    try:
        _remove(client, host.id, host.data)
    finally:
        client.close()


def _remove(client: docker.DockerClient, container: str, data: str) -> None:
    """Kill and remove one, with its volumes; `data` is the one that has a name, if there is one."""
    thaw(client.api, container)
    quietly(lambda: client.api.remove_container(container, v=True, force=True))
    # A removal that was under way already, for a run that was killed, may take a moment longer.
    until(lambda: not client.api.containers(all=True, filters={"id": container}), _REMOVAL_LIMIT)
    if data:
        quietly(lambda: client.api.remove_volume(data))
