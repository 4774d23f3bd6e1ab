"""Walks into every fault that drops packets: they name the place, or say how far they could see; never another place.

So they do in cases that are in no catalogue of faults; there they name the cause as well, and claim no end where there
is none. Of the first tier is, on the default engine and of each lab, one case of each layer.
UNSEEN is what nothing tells the place of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import docker
import pytest
from _pytest.mark import ParameterSet

from netproof import catalog
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.model import WalkCase
from netproof.practice.walk_accuracy import HONEST, RIGHT, Found, case, dropping, walk_faults
from tests.contract.shared_labs import Cells, in_cell, in_tiers, missing

COLUMNS = [*((engine, "nft") for engine in ENGINES), (DEFAULT_ENGINE, "legacy")]
# Which of two modes was meant is nowhere on the wire.
UNSEEN = {"bridge-split"}
Note = Callable[[str, object], None]
Cell = tuple[str, str, str]


def faults() -> Iterator[ParameterSet]:
    """Each fault that drops packets, by column."""
    for engine, firewall in COLUMNS:
        for name in catalog.names():
            cell = (engine, firewall, name)
            found = dropping(catalog.practice(name), engine, firewall)
            yield from (in_cell(cell, one.name, number=at, what=one.name, rest=True) for at, one in enumerate(found))


def cases() -> Iterator[ParameterSet]:
    """Each case, by column."""
    for engine, firewall in COLUMNS:
        for name in catalog.names():
            cell = (engine, firewall, name)
            given = [one for one in catalog.walks(name) if one.applies(engine, firewall)]
            soon = first(given) if (engine, firewall) == (DEFAULT_ENGINE, "nft") else []
            late = [one for one in given if one not in soon]
            for several in (soon, late):
                for at, one in enumerate(several):
                    yield in_cell(cell, one, number=at, what=one.id, rest=several is late)


def first(given: list[WalkCase]) -> list[WalkCase]:
    """One case of each layer, and one that is answered."""
    layers: dict[str, WalkCase] = {}
    for one in given:
        layers.setdefault(one.layer, one)
    return list(layers.values())


@pytest.fixture(scope="module")
def cells(client: docker.DockerClient) -> Iterator[Cells]:
    """The labs that are walked through."""
    made = Cells(client)
    yield made
    made.drop()


@in_tiers(("cell", "fault"), faults())
def test_a_walk_names_the_place(cells: Cells, cell: Cell, fault: str, record_property: Note) -> None:
    """How it was known is in the JUnit report; `invoke faults --walk LAB` prints it."""
    engine, firewall, name = cell
    practice = catalog.practice(name)
    lab = cells(*cell)
    (asked,) = (one for one in dropping(practice, engine, firewall) if one.name == fault)
    _judge(cells, next(walk_faults(lab, [asked], practice)), record_property, may_be_unseen=fault in UNSEEN)


@in_tiers(("cell", "given"), cases())
def test_a_walk_names_the_cause(cells: Cells, cell: Cell, given: WalkCase, record_property: Note) -> None:
    """The place, the layer and the words of the case; or that it is answered."""
    engine, _, name = cell
    lab = cells(*cell)
    if lacking := missing(lab, given.needs):
        pytest.skip(lacking)
    found = next(walk_faults(lab, [case(given, engine)], catalog.practice(name)))
    _judge(cells, found, record_property, may_be_unseen=False)


def _judge(cells: Cells, found: Found, note: Note, *, may_be_unseen: bool) -> None:
    """Nothing is left behind, and nothing is wrong: neither a place, nor a cause, nor that there is an end at all."""
    note("walked", f"{found.verdict} {found.basis}".strip())
    wanted = {RIGHT, HONEST} if may_be_unseen else {RIGHT}
    if found.left or found.verdict not in wanted:
        cells.drop()
    where = f"is at {found.at}" if found.at else "is answered"
    assert not found.left, "an undo failed"
    assert found.verdict in wanted, f"{found.fault} {where}; the walk: {found.death}; {'; '.join(found.lacks)}"
