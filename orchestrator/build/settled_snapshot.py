"""The snapshot of a lab that has caught up with what was done to it: its interfaces, and its swarm."""

from __future__ import annotations

from typing import Any

from netproof.lab.running import RunningLab
from netproof.wait import until

SETTLE_LIMIT = 3.0
SWARM_LIMIT = 90.0  # a node makes its ingress in seconds, or in half a minute where cores are few
_ENGINES_OWN = "path:/run/docker/netns/"
_INGRESS = f"{_ENGINES_OWN}ingress_sbox"
_OVERLAY = f"{_ENGINES_OWN}1-"


def settled_snapshot(running: RunningLab) -> dict[str, Any]:
    """A snapshot in which the interfaces have caught up: the kernel reports a new carrier up to a second late.

    A swarm's nodes tell each other of their containers, and make their ingress, after they have been asked.
    """
    members = [host.name for host in running.lab.hosts if host.swarm]
    taken: dict[str, Any] = {}

    def look() -> bool:
        taken.update(running.snapshot())
        spaces = (space["links"] for host in taken.values() for space in host["namespaces"].values())
        nodes = [taken[name]["namespaces"] for name in members]
        return all(map(_is_settled, spaces)) and _swarm_is_settled(nodes) and all(map(_is_arranged, nodes))

    until(look, SWARM_LIMIT if members else SETTLE_LIMIT)
    return taken


def _is_settled(links: list[dict[str, Any]]) -> bool:
    """Whether every veth that is up, and every bridge that has one, says so."""
    bridges = {link["master"] for link in links}
    return all(
        link["operstate"] == "UP"
        for link in links
        if "UP" in link["flags"] and (link["kind"] == "veth" or link["name"] in bridges)
    )


def _swarm_is_settled(nodes: list[dict[str, Any]]) -> bool:
    """Whether every node has its ingress, and every overlay on it knows of all that the others have in it."""
    overlays = {place for spaces in nodes for place in spaces if place.startswith(_OVERLAY)}
    ends = {place: [_ends(spaces[place]) for spaces in nodes if place in spaces] for place in overlays}
    return all(_has_ingress(spaces) for spaces in nodes) and all(
        known == sum(own for own, _ in found) - here for found in ends.values() for here, known in found
    )


def _is_arranged(spaces: dict[str, Any]) -> bool:
    """Whether DOCKER-USER comes first: a node that makes its ingress puts it back there last, off and on again."""
    tables = [flavour.get("filter") for flavour in spaces["host"]["netfilter"]["iptables"].values()]
    return all(
        _first(table, "FORWARD") == "-j DOCKER-USER" for table in tables if table and "DOCKER-USER" in table["chains"]
    )


def _first(table: dict[str, Any], chain: str) -> str:
    return next((rule["rule"] for rule in table["rules"] if rule["chain"] == chain), "")


def _has_ingress(spaces: dict[str, Any]) -> bool:
    addresses = spaces.get(_INGRESS, {"addresses": []})["addresses"]
    return {"eth0", "eth1"} <= {item["interface"] for item in addresses}


def _ends(space: dict[str, Any]) -> tuple[int, int]:
    """How many containers and load balancers an overlay has on a node, and how many it knows on others."""
    own = [link for link in space["links"] if link["kind"] == "veth" and link["master"]]
    known = [item for item in space["fdb"] if item["remote"] and item["state"] == "PERMANENT"]
    return len(own), len(known)
