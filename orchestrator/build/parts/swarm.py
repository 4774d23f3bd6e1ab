"""The swarm of a lab: its manager forms it over its first link with an address, the workers join."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import docker
from docker import errors as docker_errors

from netproof.errors import BuildError
from netproof.lab.running import RunningLab
from netproof.model import LabHost
from netproof.wait import until

PORT = 2377
_INGRESS = "path:/run/docker/netns/ingress_sbox"
_INGRESS_LIMIT = 90.0
_PAUSE = 0.1


def address_of(host: LabHost) -> str:
    """The address by which the other nodes know a host."""
    return next(address for link in host.links for address in link.addresses)


def _state(engine: docker.DockerClient) -> str:
    return str(engine.api.info()["Swarm"]["LocalNodeState"])


def missing(running: RunningLab, fresh: set[str]) -> list[LabHost]:
    """The hosts that are not in the swarm as it should be: all of them when its manager is new."""
    members = [host for host in running.lab.hosts if host.swarm]
    manager = running.lab.manager
    if manager is None:
        return []
    if manager.name in fresh or _state(running.engine(manager.name)) != "active":
        return members
    return [host for host in members if host.name in fresh or _state(running.engine(host.name)) != "active"]


def form(running: RunningLab, members: list[LabHost]) -> None:
    """Make these hosts nodes of the swarm, the manager first; BuildError when an engine refuses."""
    manager = running.lab.manager
    if manager is None or not members:
        return
    try:
        for host in members:
            if _state(running.engine(host.name)) != "inactive":
                running.engine(host.name).api.leave_swarm(force=True)
        if manager in members:
            address = address_of(manager)
            running.engine(manager.name).api.init_swarm(advertise_addr=address, listen_addr=f"{address}:{PORT}")
        workers = [host for host in members if host != manager]
        with ThreadPoolExecutor(max(len(workers), 1)) as pool:
            list(pool.map(lambda host: _join(running, manager, host), workers))
        until(lambda: all(_has_ingress(running, host) for host in members), _INGRESS_LIMIT, _PAUSE)
    except docker_errors.APIError as error:
        raise BuildError(
            f"The swarm could not be formed: {error.explanation}",
            "Mend the definition, or try again.",
        ) from error


def _has_ingress(running: RunningLab, host: LabHost) -> bool:
    """Whether a node has its ingress, which it makes after it has joined.

    It takes an address of docker_gwbridge: containers that came before it would have others than those that come later.
    """
    agent = running.agent(host.name)
    if _INGRESS not in agent.call("places"):
        return False
    addresses = agent.call("namespace", place=_INGRESS)["addresses"]
    return {"eth0", "eth1"} <= {item["interface"] for item in addresses}


def _join(running: RunningLab, manager: LabHost, host: LabHost) -> None:
    api = running.engine(manager.name).api
    _forget_dead(api, host.name)
    address = address_of(host)
    running.engine(host.name).api.join_swarm(
        remote_addrs=[f"{address_of(manager)}:{PORT}"],
        join_token=api.inspect_swarm()["JoinTokens"]["Worker"],
        advertise_addr=address,
        listen_addr=f"{address}:{PORT}",
    )


def _forget_dead(api: docker.APIClient, hostname: str) -> None:
    """The manager remembers an earlier node of that name, which is gone for good."""
    for node in api.nodes():
        if node["Description"]["Hostname"] == hostname:
            api.remove_node(node["ID"], force=True)
