"""Walks into every fault that drops packets: they name the place, or say how far they could see; never another place.

So they do in cases that are in no catalogue of faults; there they name the cause as well, and claim no end where there
is none.
On the usual engine all faults and a third of the cases, another one with each commit, so that three runs in a row have
all; on others the faults of two labs and some of the cases; with --every-engine everything.
UNSEEN is what nothing tells the place of.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable

import pytest

from fixtures.labs import built
from orchestrator import catalog
from orchestrator.images import DEFAULT_ENGINE
from orchestrator.practice.walk_accuracy import HONEST, RIGHT, Asked, Found, cases, dropping, walk_faults

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


_SAMPLED = ("publish", "ipv6", "overlay")
_THIRD, _EACH = 3, 8  # of a sample
CASES = [
    *(pytest.param(DEFAULT_ENGINE, FIREWALL, name, _THIRD) for name in catalog.names() if catalog.walks(name)),
    *(pytest.param(engine, firewall, name, _EACH) for engine, firewall in ELSEWHERE for name in _SAMPLED),
    *(
        pytest.param(engine, firewall, name, 1, marks=pytest.mark.every_engine)
        for engine, firewall in [(DEFAULT_ENGINE, FIREWALL), *ELSEWHERE]
        for name in catalog.names()
        if catalog.walks(name)
    ),
]
Note = Callable[[str, object], None]


def turn(each: int) -> int:
    """Which of the samples is this commit's; the first where there is no history."""
    counted = subprocess.run(
        ["git", "rev-list", "--count", "HEAD"], cwd=catalog.ROOT, capture_output=True, text=True, check=False
    )
    return int(counted.stdout or 0) % each


@pytest.mark.parametrize(("engine", "firewall", "name"), CELLS)
def test_a_walk_names_the_place(engine: str, firewall: str, name: str, record_property: Note) -> None:
    """Fault by fault; the fraction is in the JUnit report, and `invoke faults --walk LAB` prints it."""
    with built(engine, firewall) as labs:
        practice = catalog.practice(name)
        found = list(walk_faults(labs[name], dropping(practice, engine, firewall), practice))
    _judge(found, record_property)
    unseen = {one.fault.partition("[")[0] for one in found if one.verdict == HONEST}
    assert unseen <= UNSEEN.get(name, set()), [_said(one) for one in found if one.verdict == HONEST]


@pytest.mark.parametrize(("engine", "firewall", "name", "each"), CASES)
def test_a_walk_names_the_cause(engine: str, firewall: str, name: str, each: int, record_property: Note) -> None:
    """Case by case, or each so many of them; one that says how far it could see is allowed, in twenty."""
    with built(engine, firewall) as labs:
        wanted: list[Asked] = list(cases(catalog.walks(name), labs[name], engine, firewall))[turn(each) :: each]
        found = list(walk_faults(labs[name], wanted, catalog.practice(name)))
    _judge(found, record_property)
    unseen = [_said(one) for one in found if one.verdict == HONEST]
    assert len(unseen) * 20 <= len(found), unseen


def _judge(found: list[Found], record_property: Note) -> None:
    """Nothing is left behind, and nothing is wrong: neither a place, nor a cause, nor that there is an end at all."""
    counts = Counter(one.verdict for one in found)
    bases = Counter(one.basis for one in found if one.verdict == RIGHT)
    shown = f"{counts[RIGHT]} of {len(found)} right ({bases['seen']} seen, {bases['inferred']} inferred)"
    record_property("walked", f"{shown}, {counts[HONEST]} last seen")
    assert not [one for one in found if one.left], "an undo failed"
    assert not [_said(one) for one in found if one.verdict not in {RIGHT, HONEST}]


def _said(one: Found) -> str:
    where = f"is at {one.at}" if one.at else "is answered"
    return f"{one.fault} {where}; the walk: {one.death}; {'; '.join(one.lacks)}"
