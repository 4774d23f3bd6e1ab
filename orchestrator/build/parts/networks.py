"""Docker networks of a lab, on the engines of its lab hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

import docker
from docker import errors as docker_errors
from docker.types import IPAMConfig, IPAMPool

from netproof.errors import BuildError
from netproof.model import Lab, Network
from netproof.model.parts import OVERLAY
from netproof.state import labels
from netproof.wait import until

_REMOVAL_LIMIT = 20.0


def make_network(engine: docker.DockerClient, lab: Lab, network: Network, spec: str) -> None:
    """Create a network. Its name must be free."""
    try:
        engine.api.create_network(
            network.name,
            driver=network.driver,
            options=dict(network.options) or None,
            ipam=_pools(network),
            internal=network.internal,
            enable_ipv6=network.ipv6,
            attachable=True if network.driver == OVERLAY else None,
            labels={labels.LAB: lab.name, labels.NODE: network.name, labels.SPEC: spec},
        )
    except docker_errors.APIError as error:
        raise BuildError(
            f"The engine of {network.on} refused network {network.name}: {error.explanation}",
            "Mend the definition.",
        ) from error


def _pools(network: Network) -> Any:
    pools = [IPAMPool(subnet=subnet, gateway=_gateway_in(subnet, network.gateways)) for subnet in network.subnets]
    return IPAMConfig(pool_configs=pools) if pools else None


def _gateway_in(subnet: str, gateways: tuple[str, ...]) -> str | None:
    return next((item for item in gateways if ipaddress.ip_address(item) in ipaddress.ip_network(subnet)), None)


def remove_network(engine: docker.DockerClient, name: str) -> None:
    """Remove a network of a lab by name, with the containers in it that we made; none is fine.

    An overlay goes only when every node has told the manager that nothing there uses it any more.
    """
    refused: list[docker_errors.APIError] = []

    def attempt() -> bool:
        try:
            _remove(engine.api, name)
        except docker_errors.NotFound:
            pass
        except docker_errors.APIError as error:
            refused.append(error)
            return False
        return True

    if not until(attempt, _REMOVAL_LIMIT):
        raise BuildError(
            f"The engine does not remove network {name}: {refused[-1].explanation}",
            "Remove what uses it, or build the lab anew: `invoke lab down …`, then `up`.",
        )


def _remove(api: docker.APIClient, name: str) -> None:
    found = api.inspect_network(name)
    for container in found.get("Containers") or {}:
        if not container.startswith("lb-"):  # an overlay's own load balancer
            api.remove_container(container, v=True, force=True)
    api.remove_network(found["Id"])


def forgotten(engines: Sequence[docker.DockerClient], name: str) -> bool:
    """Whether no engine knows the network any more; a swarm's workers hear of it a moment later."""
    return until(lambda: not any(_knows(engine.api, name) for engine in engines), _REMOVAL_LIMIT)


def _knows(api: docker.APIClient, name: str) -> bool:
    return any(item["Name"] == name for item in api.networks(names=[name]))


def existing_networks(engine: docker.DockerClient, *, local: bool = False) -> dict[str, str]:
    """Networks a lab made, by name: their spec. `local` leaves out those of a swarm, which are its manager's."""
    listed = engine.api.networks(filters={"label": labels.NODE})
    return {
        item["Name"]: item["Labels"].get(labels.SPEC, "") for item in listed if not (local and item["Scope"] == "swarm")
    }
