"""Containers of a lab, on the engines of its lab hosts."""

from __future__ import annotations

from typing import Any

import docker
from docker import errors as docker_errors

from netproof.build.failure import last_words
from netproof.errors import BuildError
from netproof.lab.running import RunningLab
from netproof.model import Container
from netproof.state import labels
from netproof.wait import scaled

NODE_IMAGE = "netproof/node:latest"
_SERVER_LIMIT = 15.0
_UNATTACHED = "attaching to network failed"
_ATTEMPTS = 3


def make_container(running: RunningLab, container: Container, spec: str) -> None:
    """Create and start a container; check its address on the default bridge, and that its servers listen.

    Its name must be free.
    """
    engine = running.engine(container.on)
    try:
        got = _start_in_the_end(engine, running, container, spec)
    except docker_errors.APIError as error:
        raise BuildError(
            f"The engine of {container.on} refused container {container.name}: {error.explanation}",
            "Mend the definition.",
        ) from error
    if container.address and got != container.address:
        raise BuildError(
            f"{container.name} should have {container.address}, the engine gave it {got or 'no address'}.",
            "Containers get addresses in the order of their definition; mend the definition's `address`.",
        )
    _wait_for_servers(running, container)


def _start_in_the_end(engine: docker.DockerClient, running: RunningLab, container: Container, spec: str) -> str:
    """As `_start`: a manager that has just lost a node, or is slow, may leave who attaches first without an answer."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _start(engine.api, running, container, spec)
        except docker_errors.APIError as error:
            if _UNATTACHED not in str(error.explanation):
                raise
            remove_container(engine, container.name)
    return _start(engine.api, running, container, spec)


def _start(api: docker.APIClient, running: RunningLab, container: Container, spec: str) -> str:
    """Returns its address on the default bridge."""
    marks = {labels.LAB: running.lab.name, labels.NODE: container.name, labels.SPEC: spec}
    made = api.create_container(
        NODE_IMAGE,
        command=list(container.words),
        name=container.name,
        # A container that lives in another's network namespace has that one's hostname.
        hostname=None if container.shares else container.name,
        labels=marks,
        ports=_exposed(container),
        host_config=api.create_host_config(
            network_mode=_mode(container),
            port_bindings=_bindings(container) or None,
            cap_add=list(container.capabilities) or None,
            dns=list(container.dns) or None,
            dns_search=list(container.dns_search) or None,
            dns_opt=list(container.dns_options) or None,
        ),
        networking_config=_networks_at_once(api, container),
    )["Id"]
    if not _has_priorities(container):
        for join in container.networks[1:]:
            api.connect_container_to_network(made, join.network, **_endpoint(join))
    api.start(made)
    endpoints = api.inspect_container(made)["NetworkSettings"]["Networks"] if container.address else {}
    return str(endpoints.get("bridge", {}).get("IPAddress", ""))


def _mode(container: Container) -> str:
    return container.networks[0].network if container.networks else container.network or "bridge"


def _endpoint(join: Any) -> dict[str, Any]:
    family = "ipv6_address" if join.address and ":" in join.address else "ipv4_address"
    found = {family: join.address} if join.address else {}
    found |= {"driver_opt": dict(join.options)} if join.options else {}
    return found | ({"aliases": list(join.aliases)} if join.aliases else {})


def _has_priorities(container: Container) -> bool:
    return any(join.gw_priority for join in container.networks)


def _networks_at_once(api: docker.APIClient, container: Container) -> Any:
    """The first network, the others being connected one by one; or all, where docker-py has no word for priorities.

    Engines that know priorities take several networks at once.
    """
    joins = container.networks if _has_priorities(container) else container.networks[:1]
    endpoints: Any = {join.network: api.create_endpoint_config(**_endpoint(join)) for join in joins}
    for join in joins:
        if join.gw_priority:
            endpoints[join.network]["GwPriority"] = join.gw_priority
    return api.create_networking_config(endpoints) if endpoints else None


def _split(published: str) -> tuple[str, str, str]:
    """(address of the host or "", port of the host, port/protocol of the container) of `-p`'s argument."""
    rest, _, proto = published.partition("/")
    rest, _, inside = rest.rpartition(":")
    address, _, outside = rest.rpartition(":")
    return address.strip("[]"), outside, f"{inside}/{proto or 'tcp'}"


def _exposed(container: Container) -> list[tuple[int, str]] | None:
    ends = [_split(published)[2].split("/") for published in container.publish]
    return [(int(port), proto) for port, proto in ends] or None


def _bindings(container: Container) -> dict[int | str, Any]:
    found: dict[int | str, Any] = {}
    for published in container.publish:
        address, outside, inside = _split(published)
        found.setdefault(inside, []).append((address, outside) if address else outside)
    return found


def _wait_for_servers(running: RunningLab, container: Container) -> None:
    agent, place = running.at(container.name)
    for server in container.serves:
        if not agent.call(
            "listening", place=place, port=server.port, proto=server.proto, seconds=scaled(_SERVER_LIMIT)
        ):
            said = running.run(container.on, ["docker", "logs", "--tail", "5", container.name])
            raise BuildError(
                f"The {server.kind} server of {container.name} does not listen on port {server.port}."
                f" {last_words(said.stdout + said.stderr)}",
                "Mend what the container serves, or its command.",
            )


def remove_container(engine: docker.DockerClient, name: str) -> None:
    """Remove a container of a lab by name, running or not; none is fine."""
    try:
        engine.api.remove_container(name, v=True, force=True)
    except docker_errors.NotFound:
        return


def existing_containers(engine: docker.DockerClient) -> dict[str, dict[str, str]]:
    """Containers a lab made, by node name: their spec and state."""
    listed = engine.api.containers(all=True, filters={"label": labels.NODE})
    return {
        item["Labels"][labels.NODE]: {"spec": item["Labels"].get(labels.SPEC, ""), "state": item["State"]}
        for item in listed
    }
