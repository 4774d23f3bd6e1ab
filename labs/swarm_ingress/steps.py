"""What the claims of swarm-ingress do, kept out of the way of what they claim."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from netproof.build.parts.routing_mesh import SERVICE
from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.running import Result, RunningLab
from netproof.labs.overlay.steps import GOSSIP, carried
from netproof.wait import until

NODES = {"node1": "192.0.2.1", "node2": "192.0.2.2"}
_CREATE = f"{SERVICE} serve {{name}} http:80:0.0.0.0"
_REMOVE = "docker service rm {name} >/dev/null 2>&1 || true"
_UNTIL_GONE = "timeout 30 sh -c 'while docker ps -a --format \"{{{{.Names}}}}\" | grep -q ^{name}; do sleep 0.1; done'"
_INGRESS = "/run/docker/netns/ingress_sbox"
# Where an engine marks what leaves an encrypted overlay, and drops what arrives in the clear: by the VXLAN header.
_SEALS = {"mangle": "OUTPUT", "filter": "INPUT"}
_UNSEAL = " && ".join(
    f"iptables -w -t {table} -S {chain} | grep -E -- '--u32|--bytecode' | sed s/^-A/-D/"
    f" | xargs -rL1 iptables -w -t {table}"
    for table, chain in _SEALS.items()
)


def service(change: Change, name: str, options: str) -> None:
    """A service of one task, on the worker; at the end of the test its container is gone."""
    change.run("node2", "true", _UNTIL_GONE.format(name=name))
    change.run("node1", _CREATE.format(name=name, options=options), _REMOVE.format(name=name))


def tasks(lab: RunningLab, name: str) -> dict[str, list[str]]:
    """{node: names of the containers that run a service there}, once there is one.

    An engine lists a container as running a moment after what runs in it could be asked something.
    """
    return until(lambda: _listed(lab, name), GOSSIP) or {node: [] for node in NODES}


def _listed(lab: RunningLab, name: str) -> dict[str, list[str]]:
    listed = {node: lab.engine(node).api.containers() for node in NODES}
    found = {
        node: [item["Names"][0].lstrip("/") for item in there if item["Names"][0].startswith(f"/{name}.")]
        for node, there in listed.items()
    }
    return found if any(found.values()) else {}


def answers(lab: RunningLab, address: str, port: int) -> observe.Answer:
    """What the client gets at a port, once a service answers there."""
    return until(lambda: _served(lab, address, port), GOSSIP) or observe.dial(lab, "client", address, port)


def _served(lab: RunningLab, address: str, port: int) -> observe.Answer | None:
    answer = observe.dial(lab, "client", address, port)
    return answer if answer.said else None


def run_in(lab: RunningLab, host: str, container: str, command: str) -> Result:
    """A command in a container that a test has made."""
    place = f"container:{container}"
    return Result(**lab.agent(host).call("run", place=place, command=command, stdin=None, timeout=20))


def reaches(lab: RunningLab, container: str, address: str) -> bool:
    """Whether pings from a container on the manager are answered, as soon as one is."""
    return until(lambda: run_in(lab, "node1", container, f"ping -n -c 1 -W 1 {address}").rc == 0, GOSSIP)


def sent(lab: RunningLab, container: str, address: str) -> list[Packet]:
    """The pings from a container on the manager as they are on the wire, as soon as some are."""

    def on_wire() -> list[Packet]:
        with observe.capture(lab, "lan", "node1-eth0") as wire:
            run_in(lab, "node1", container, f"ping -n -c 1 -W 1 {address}")
            return [
                packet for packet in carried(wire.packets(), "icmp") if packet.inner and packet.inner.dst == address
            ]

    return until(on_wire, GOSSIP) or []


def in_ingress(lab: RunningLab, node: str, command: str) -> str:
    """The output of a command in the namespace of a node's ingress."""
    return lab.run(node, f"nsenter --net={_INGRESS} {command}", limit=20).stdout


def ingress_address(lab: RunningLab, node: str) -> str:
    """The address of a node's ingress on the network of that name."""
    found = [item.address for item in observe.engines_own(lab, node)[_INGRESS].addresses if item.interface == "eth0"]
    return found[0].split("/")[0] if found else ""


def ingress_rules(lab: RunningLab, node: str) -> list[str]:
    """The rules of nat DOCKER-INGRESS on a node."""
    return [rule.rule for rule in observe.table(lab, node, "nat").rules if rule.chain == "DOCKER-INGRESS"]


def seals(lab: RunningLab, node: str) -> list[str]:
    """The rules by which a node's engine has an overlay encrypted."""
    found = [rule for table in _SEALS for rule in observe.table(lab, node, table).rules]
    return [rule.rule for rule in found if rule.chain in _SEALS.values() and ("u32" in rule.rule or "bpf" in rule.rule)]


def unsealed(change: Change) -> None:
    """What an engine leaves of encrypted overlays in the firewall goes when the test ends."""
    for node in NODES:
        change.run(node, "true", _UNSEAL)


@contextmanager
def meanwhile(lab: RunningLab) -> Iterator[Change]:
    """Changes that are undone within a test."""
    with ExitStack() as undo:
        yield Change(lab, undo)


def ends(change: Change, network: str, addresses: tuple[str, str]) -> None:
    """A container on each node in an overlay, called NETWORK-NODE."""
    for node, address in zip(NODES, addresses, strict=True):
        change.container(node, f"{network}-{node}", f"--network {network} --ip {address}")


def virtual_address(lab: RunningLab, name: str, network: str) -> list[str]:
    """The address that stands for all tasks of a service in a network."""
    number = lab.engine("node1").api.inspect_network(network)["Id"]
    found = lab.run("node1", f"docker service inspect --format '{{{{json .Endpoint.VirtualIPs}}}}' {name}").stdout
    return [item["Addr"].split("/")[0] for item in json.loads(found) or [] if item["NetworkID"] == number]
