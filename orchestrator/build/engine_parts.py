"""Swarm, networks and containers of a lab that is being built, on the engines of its hosts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from netproof.build.digests import container_digest, network_digest
from netproof.build.parts import containers, networks, routing_mesh, swarm, wiring
from netproof.build.reconcile import GONE, why_container, why_network
from netproof.build.run_state import Progress
from netproof.model import Container, LabHost, Network
from netproof.model.parts import OVERLAY, WORKER


class EngineParts:
    """Makes what is missing or different."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lab = progress.running.lab
        self._evicted: dict[str, str] = {}  # containers removed for the sake of their network: why they are made anew

    def make(self) -> None:
        """The swarm, then networks, then containers: each host's in order, several hosts at once."""
        self._form_swarm()
        self._make_mesh()
        self._make_networks()
        with ThreadPoolExecutor(len(self._lab.hosts)) as pool:
            list(pool.map(self._make_containers, self._lab.hosts))

    def _form_swarm(self) -> None:
        progress = self._progress
        members = swarm.missing(progress.running, progress.fresh)
        if members:
            progress.begin("swarm", members[0].name, "forming the swarm")
            self._remove_from_overlays({host.name for host in members})
            swarm.form(progress.running, members)

    def _make_mesh(self) -> None:
        progress = self._progress
        why = progress.running.lacks_routing_mesh if self._lab.mesh else ""
        if why:
            note = f"Ports that services publish do not answer here, nor do their virtual IPs: {why}."
            progress.built.note = f"{progress.built.note} {note}".strip()
        if self._lab.mesh and routing_mesh.is_missing(progress.running):
            progress.begin("mesh", self._lab.name, "publishing a first port")
            routing_mesh.make(progress.running)

    def _remove_from_overlays(self, hosts: set[str]) -> None:
        """A host that leaves its swarm takes the overlays from its containers; they are made again afterwards."""
        for network in self._lab.networks:
            if network.driver == OVERLAY:
                self._remove_users(network, hosts, f"{network.name}, which it joins, was made anew")

    def _make_networks(self) -> None:
        """What is outdated goes before anything is made: two definitions may have swapped their subnets."""
        reasons = [(network, self._why(network)) for network in self._lab.networks]
        for network, why in reasons:
            if why is None:
                self._replace_orphans(network)
            elif network.on not in self._progress.fresh:
                self._progress.begin("remove-network", network.name)
                self._remove_network(network)
        for network, why in reasons:
            if why is not None:
                self._make_network(network, why)

    def _why(self, network: Network) -> str | None:
        fresh = network.on in self._progress.fresh
        there = {} if fresh else networks.existing_networks(self._progress.running.engine(network.on))
        return why_network(there.get(network.name), network_digest(network))

    def _remove_network(self, network: Network) -> None:
        running = self._progress.running
        why = f"{network.name}, which it joins, was made anew"
        self._remove_users(network, {host.name for host in self._lab.hosts}, why)
        networks.remove_network(running.engine(network.on), network.name)
        members = [host.name for host in self._lab.hosts if host.name == network.on or host.swarm]
        networks.forgotten([running.engine(name) for name in members], network.name)

    def _make_network(self, network: Network, why: str) -> None:
        progress = self._progress
        engine = progress.running.engine(network.on)
        progress.begin("network", network.name, f"making network {network.name}")
        progress.undo_in(network.on, partial(networks.remove_network, engine, network.name))
        networks.make_network(engine, self._lab, network, network_digest(network))
        progress.changed(network.name, "built", why)

    def _replace_orphans(self, network: Network) -> None:
        """Containers on a parent interface that was made anew in this run have lost theirs."""
        parent = network.options.get("parent", "").partition(".")[0]
        remade = {change.part for change in self._progress.built.changes}
        for link in self._lab.host(network.on).links:
            if link.name == parent and remade & wiring.makers(self._lab, link.wire):
                self._remove_users(network, {network.on}, f"{parent}, which it stands on, was made anew")

    def _remove_users(self, network: Network, hosts: set[str], why: str) -> None:
        """A network that changed cannot go while containers use it; they are made again afterwards."""
        for container in self._lab.containers:
            used = any(join.network == network.name for join in container.networks)
            if used and container.on in hosts - self._progress.fresh:
                self._evicted[container.name] = why
                containers.remove_container(self._progress.running.engine(container.on), container.name)

    def _make_containers(self, host: LabHost) -> None:
        mine = [container for container in self._lab.containers if container.on == host.name]
        if not mine:
            return
        fresh = host.name in self._progress.fresh
        there = {} if fresh else containers.existing_containers(self._progress.running.engine(host.name))
        remade: set[str] = set()
        for container in mine:
            digest = container_digest(self._lab, container, self._progress.image)
            why = self._evicted.get(container.name) or why_container(there.get(container.name), digest)
            if why is None and container.shares in remade:
                why = f"{container.shares}, whose network it shares, was made anew"
            if why is not None:
                self._make_container(container, digest, why)
                remade.add(container.name)

    def _make_container(self, container: Container, digest: str, why: str) -> None:
        progress = self._progress
        engine = progress.running.engine(container.on)
        progress.begin("container", container.name, f"starting container {container.name}")
        progress.undo_in(container.on, partial(containers.remove_container, engine, container.name))
        if container.on not in progress.fresh:
            containers.remove_container(engine, container.name)
        containers.make_container(progress.running, container, digest)
        progress.changed(container.name, "built", why)

    def remove_strangers(self, hosts: Sequence[str]) -> None:
        """Containers an earlier definition had, then its networks: one may reach over several hosts."""
        progress = self._progress
        for host in hosts:
            engine = progress.running.engine(host)
            for name in containers.existing_containers(engine).keys() - {node.name for node in self._lab.nodes}:
                progress.begin("remove-container", name)
                containers.remove_container(engine, name)
                progress.changed(name, "removed", GONE)
        for host in hosts:
            engine = progress.running.engine(host)
            found = networks.existing_networks(engine, local=self._lab.host(host).swarm == WORKER)
            for name in found.keys() - {network.name for network in self._lab.networks}:
                progress.begin("remove-network", name)
                networks.remove_network(engine, name)
                progress.changed(name, "removed", GONE)
