"""Every fault, on every engine it is for, turns exactly its checks and claims red, and undo and repair mend it.

And when all faults of a lab have come and gone, every claim holds and the lab is as it was.
Of the first tier are, on the default engine and of each lab, one fault of each layer and those that are new or have
changed since the last release; there only claims that it turns red are run while it is in effect, and no others. So it
is on other engines for what is declared to be no different on them. With `--tier all` all claims are run everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest
from _pytest.mark import ParameterSet

from netproof import catalog
from netproof.facts import Difference, compare, flatten, structure
from netproof.fixtures.claim_runner import prove
from netproof.fixtures.fault_proof import ALL, OWN, prove_fault, prove_pair
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.model import Fault
from tests.contract.released import changed
from tests.contract.shared_labs import Cells, in_cell, in_tiers, missing

FIREWALL = "nft"
Cell = tuple[str, str, str]


def first(name: str, faults: list[Fault]) -> list[Fault]:
    """What is of the first tier: one fault of each layer, and what is not as it was in the last release."""
    layers: dict[str, Fault] = {}
    for fault in faults:
        layers.setdefault(fault.layer, fault)
    lately = changed(name)
    return [fault for fault in faults if fault in layers.values() or fault.id in lately]


def which(fault: Fault, engine: str) -> str:
    """Which claims are run in the rest: all; its own where it is declared to do as on the default engine."""
    is_like = (
        engine != DEFAULT_ENGINE
        and fault.applies(DEFAULT_ENGINE, FIREWALL)
        and fault.checks_on(engine) == fault.checks_on(DEFAULT_ENGINE)
        and fault.claims_on(engine) == fault.claims_on(DEFAULT_ENGINE)
    )
    return OWN if is_like else ALL


def proofs(engine: str, name: str) -> tuple[list[ParameterSet], list[ParameterSet], ParameterSet]:
    """What is to be proven of a lab on an engine: faults, pairs of them, and that nothing is left at the end."""
    cell = (engine, FIREWALL, name)
    practice = catalog.practice(name)
    faults = [fault for fault in practice.faults if fault.applies(engine, FIREWALL)]
    soon = first(name, faults) if engine == DEFAULT_ENGINE else []
    single = [in_cell(cell, fault, OWN, number=at, what=fault.name, rest=False) for at, fault in enumerate(soon)]
    single += [
        in_cell(cell, fault, which(fault, engine), number=at, what=fault.name, rest=True)
        for at, fault in enumerate(faults)
    ]
    pairs = [[practice.fault(one) for one in sorted(pair)] for pair in practice.together]
    pairs = [pair for pair in pairs if engine == DEFAULT_ENGINE and all(fault in faults for fault in pair)]
    double = [
        in_cell(cell, pair, number=at, what="+".join(fault.name for fault in pair), rest=True)
        for at, pair in enumerate(pairs, len(faults))
    ]
    return single, double, in_cell(cell, number=len(faults) + len(pairs), what="after", rest=True)


PROOFS = [proofs(engine, name) for engine in ENGINES for name in catalog.names()]
FAULTS = [fault for faults, _, _ in PROOFS for fault in faults]
PAIRS = [pair for _, pairs, _ in PROOFS for pair in pairs]
CELLS = [end for _, _, end in PROOFS]


@pytest.fixture(scope="module")
def cells(client: docker.DockerClient) -> Iterator[Cells]:
    """The labs that are broken and repaired."""
    made = Cells(client)
    yield made
    made.drop()


@in_tiers(("cell", "fault", "claims"), FAULTS)
def test_fault_is_proven(cells: Cells, cell: Cell, fault: Fault, claims: str, request: pytest.FixtureRequest) -> None:
    """Green; injected; exactly the declared red, in the declared manner; undone; green; injected; repaired; green."""
    engine, _, name = cell
    lab = cells(*cell)
    if lacking := missing(lab, fault.needs):
        pytest.skip(lacking)
    wanted = ALL if request.config.getoption("tier") == "all" else claims
    found = prove_fault(lab, catalog.practice(name), fault, engine, wanted)
    if found.problems:
        cells.drop()
    assert not found.problems, "\n".join([*found.problems, f"checks: {found.checks}", f"claims: {found.claims}"])


@in_tiers(("cell", "pair"), PAIRS)
def test_two_faults_do_not_hide_each_other(cells: Cells, cell: Cell, pair: list[Fault]) -> None:
    """What `--compound 2` offers: both are red together, and the second still is when the first is gone."""
    engine, _, name = cell
    found = prove_pair(cells(*cell), catalog.practice(name), pair, engine)
    if found.problems:
        cells.drop()
    assert not found.problems, "\n".join(found.problems)


@in_tiers(("cell",), CELLS)
def test_claims_hold_and_nothing_differs_when_all_faults_are_over(cells: Cells, cell: Cell) -> None:
    """The verdicts are those declared for this engine, and proving them leaves the lab as it was."""
    lab = cells(*cell)
    before = flatten(structure(lab.snapshot()))
    results = prove(lab, None, lambda _: None)
    failed = [claim for claim in results["claims"] if claim["outcome"] == "failed"]
    assert not failed, "\n".join(f"{claim['id']}: {claim['failure']}\n{claim['evidence']}" for claim in failed)
    assert results["engine"].startswith(cell[0])
    assert not left_by(compare(before, flatten(structure(lab.snapshot()))))


def left_by(differences: list[Difference]) -> list[Difference]:
    """What the claims left behind.

    Where they start the engine again, it and its containers are new processes, and the engine has written its rules
    again: all of them, in an order of its own.
    """
    restarted = any((item.aspect, item.key) == ("engine", "processes") for item in differences)
    return [item for item in differences if not (restarted and is_from_a_restart(item))]


def is_from_a_restart(item: Difference) -> bool:
    reordered = item.aspect == "rules" and sorted(item.before) == sorted(item.after)
    return reordered or item.key == "processes" or item.key.endswith(" identity")
