"""The hidden namespaces of an overlay network: the engine makes them with a node's first container on it, and removes
them with the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netproof.facts.flat_snapshot import Flat

_MAC = re.compile(r"\bmac=([0-9a-f:]{17})")
_IDENTITY = "its identity"


def made_anew(host: str, networks: Iterable[str], before: Flat, after: Flat) -> frozenset[str]:
    """Places of these networks on a lab host that came, went, or are not the namespaces they were."""
    ids = {_id(flat, host, network) for flat in (before, after) for network in networks} - {""}
    places = {place for flat in (before, after) for place, aspect, _ in flat if aspect == "namespaces"}
    return frozenset(
        place
        for place in places
        if any(_is_of(place, host, each) for each in ids)
        and before.get((place, "namespaces", _IDENTITY)) != after.get((place, "namespaces", _IDENTITY))
    )


def _id(flat: Flat, host: str, network: str) -> str:
    is_overlay = str(flat.get((host, "networks", network), "")).startswith("overlay ")
    return str(flat.get((host, "networks", f"{network} identity"), "")) if is_overlay else ""


def _is_of(place: str, host: str, network: str) -> bool:
    """`node1/1-ihydoxf3ap` or `node1/lb_ihydoxf3a`: libnetwork calls them by the first characters of the id."""
    found = re.fullmatch(rf"{re.escape(host)}/(?:\d+-|lb_)(\w+)", place)
    return found is not None and network.startswith(found[1])


def tokens(places: frozenset[str], before: Flat, after: Flat) -> frozenset[str]:
    """Addresses, and MACs of interfaces, that these places had or have, and not both."""
    return _ends(places, before) ^ _ends(places, after)


def _ends(places: frozenset[str], flat: Flat) -> frozenset[str]:
    found = set()
    for (place, aspect, key), value in flat.items():
        if place in places and aspect == "addresses":
            found.add(key.partition(" ")[2].partition("/")[0])
        elif place in places and aspect == "links":
            found.update(_MAC.findall(str(value)))
    return frozenset(found)
