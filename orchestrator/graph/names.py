"""What namespaces and networks are called in a picture."""

from __future__ import annotations

import re

from netproof.facts import Snapshot
from netproof.facts.flat_snapshot import place_name
from netproof.facts.model import Link, NetworkFact

_HIDDEN = re.compile(r"(\d+-|lb_)(\w+)")  # libnetwork calls them by the first characters of the network's id


def _file(place: str) -> str:
    return place.rpartition("/")[2] if place.startswith("path:") else ""


def _overlay(snapshot: Snapshot, place: str) -> NetworkFact | None:
    """The network of a hidden namespace."""
    found = _HIDDEN.fullmatch(_file(place))
    if found is None:
        return None
    return next((each for each in snapshot.engine.networks if each.id.startswith(found[2])), None)


def box_name(host: str, snapshot: Snapshot, place: str) -> str:
    """A namespace's; a hidden one has its network's, as in `capture`: node1/across."""
    network = _overlay(snapshot, place)
    if network is None:
        return place_name(host, place)
    # The engine calls an overlay's load balancer lb-NAME, too.
    return f"{host}/{'lb-' if _file(place).startswith('lb_') else ''}{network.name}"


def box_kind(snapshot: Snapshot, place: str) -> str:
    """Lab host, container, outsider, switch; of a hidden namespace its file."""
    kind = place.partition(":")[0]
    if kind == "netns":
        links = snapshot.namespaces[place].links
        return "switch" if any(link.kind == "bridge" for link in links) else "outsider"
    if kind == "path":
        return f"namespace {_file(place)}"
    return {"host": "lab host"}.get(kind, kind)


def network_of(snapshot: Snapshot, place: str, link: Link) -> str:
    """`network NAME`, of a bridge or of a container's interface that has none; nothing where it is not known."""
    if place.startswith("path:"):
        overlay = _overlay(snapshot, place)
        return f"network {overlay.name}" if overlay is not None else ""
    if link.kind == "bridge":
        return _bridge(snapshot, link.name)
    owner = next((one for one in snapshot.engine.containers if f"container:{one.name}" == place), None)
    macs = {about.get("mac"): name for name, about in owner.networks.items()} if owner is not None else {}
    found = macs.get(link.mac) or _by_address(snapshot, place, link, owner.networks if owner is not None else {})
    return f"network {found}" if found else ""


def _by_address(snapshot: Snapshot, place: str, link: Link, networks: dict[str, dict[str, object]]) -> str:
    """An ipvlan has its parent's MAC: the address tells."""
    addresses = {
        one.address.partition("/")[0] for one in snapshot.namespaces[place].addresses if one.interface == link.name
    }
    return next((name for name, about in networks.items() if about.get("address") in addresses), "")


def _bridge(snapshot: Snapshot, bridge: str) -> str:
    for each in snapshot.engine.networks:
        named = each.options.get("com.docker.network.bridge.name", f"br-{each.id[:12]}")
        if bridge == named or (bridge == "docker0" and each.name == "bridge"):
            return f"network {each.name}" + (" (internal)" if each.internal else "")
    return ""
