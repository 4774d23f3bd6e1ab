"""Walks into every fault that drops packets: they name the place, or say how far they could see; never another place.

On the usual engine all of them, on others those of two labs. UNSEEN is what nothing tells the place of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from fixtures.labs import built
from orchestrator import catalog
from orchestrator.images import DEFAULT_ENGINE
from orchestrator.practice.walked import ANSWERED, HONEST, RIGHT, WRONG, Found, dropping, walk_faults

FIREWALL = "nft"
# Faults of which nothing on the wire or in the kernel says where they are: who has an address that nobody has, which
# of two modes was meant, and what an outsider's own routes should be.
UNSEEN = {
    "bridge-nat": {"bridge-renumbered"},
    "gateways": {"default-gone"},
    "host": {"route-astray"},
    "macvlan": {"eth2-unplugged", "first-renumbered", "neighbour-wrong"},
    "macvlan-modes": {"bridge-split"},
    "settings": {"way-back-gone"},
}
ELSEWHERE = [("20.10", "nft"), ("28.5", "nft"), (DEFAULT_ENGINE, "legacy")]
CELLS = [
    *((DEFAULT_ENGINE, FIREWALL, name) for name in catalog.names()),
    *((engine, firewall, name) for engine, firewall in ELSEWHERE for name in ("publish", "overlay")),
]


@pytest.mark.parametrize(("engine", "firewall", "name"), CELLS)
def test_a_walk_names_the_place(
    engine: str, firewall: str, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Fault by fault; the fraction is in the JUnit report, and `invoke faults --walk LAB` prints it."""
    with built(engine, firewall) as labs:
        found = list(walk_faults(labs[name], dropping(catalog.practice(name), engine, firewall)))
    counts = Counter(one.verdict for one in found)
    record_property("walked", f"{counts[RIGHT]} of {len(found)} named, {counts[HONEST]} last seen")
    assert not [one for one in found if one.left], "an undo failed"
    assert not [_said(one) for one in found if one.verdict in {WRONG, ANSWERED}]
    unseen = {one.fault.partition("[")[0] for one in found if one.verdict == HONEST}
    assert unseen <= UNSEEN.get(name, set()), [_said(one) for one in found if one.verdict == HONEST]


def _said(one: Found) -> str:
    return f"{one.fault} is at {one.at}; the walk: {one.death}"
