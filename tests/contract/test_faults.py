"""Every fault, on every engine it is for, turns exactly its checks and claims red, and undo and repair mend it.

On engines other than the default one those that are no different, but one for each lab, are proven when asked for.

And when all faults of a lab have come and gone, every claim holds and the lab is as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import docker
import pytest
from _pytest.mark import ParameterSet

from fixtures.claim_runner import prove
from fixtures.fault_proof import prove_fault, prove_pair
from fixtures.labs import built
from orchestrator import catalog, images
from orchestrator.facts import Difference, compare, flatten, structure
from orchestrator.images import DEFAULT_ENGINE, ENGINES
from orchestrator.lab.running import RunningLab
from orchestrator.model import Fault

FIREWALL = "nft"
# Proofs that one process runs on one lab: enough to be worth building it, few enough to share the work out.
BATCH = 6


class Cells:
    """Labs by engine and name, one at a time."""

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._stack = ExitStack()
        self._kept: dict[tuple[str, str], RunningLab] = {}

    def __call__(self, engine: str, name: str) -> RunningLab:
        """This lab on this engine, kept until another is asked for."""
        if (engine, name) not in self._kept:
            self.drop()
            images.ensure(self._client, engine, print)
            self._kept[engine, name] = self._stack.enter_context(built(engine, FIREWALL)).get(name)
        return self._kept[engine, name]

    def drop(self) -> None:
        """Remove what is kept: what comes next is to find a lab that is whole."""
        self._kept.clear()
        self._stack.close()


def in_cell(
    engine: str, name: str, *values: object, number: int = 0, what: str = "", more: bool = False
) -> ParameterSet:
    """Parameters of the cell's test of this number: it shares its lab with some (fixtures/xdist_groups.py).

    One that is `more` than what is always proven runs when it is asked for, with `invoke test --every-engine`.
    """
    marks = [pytest.mark.every_engine] if more else []
    return pytest.param(engine, name, *values, id=f"{engine}-{name}.{number // BATCH}{what}", marks=marks)


def is_like(fault: Fault, engine: str) -> bool:
    """Whether a fault is declared to do on this engine what it does on the default one."""
    return (
        fault.applies(DEFAULT_ENGINE, FIREWALL)
        and fault.checks_on(engine) == fault.checks_on(DEFAULT_ENGINE)
        and fault.claims_on(engine) == fault.claims_on(DEFAULT_ENGINE)
    )


def always(name: str, engine: str) -> list[Fault]:
    """What is always proven: on the default engine every fault, on another the first that is no different, and those
    that are."""
    faults = [fault for fault in catalog.practice(name).faults if fault.applies(engine, FIREWALL)]
    if engine == DEFAULT_ENGINE:
        return faults
    return [fault for fault in faults if not is_like(fault, engine) or fault is faults[0]]


def proofs(engine: str, name: str) -> tuple[list[ParameterSet], list[ParameterSet], ParameterSet]:
    """What is to be proven of a lab on an engine: faults, pairs of them, and that nothing is left at the end."""
    practice = catalog.practice(name)
    first = always(name, engine)
    rest = [fault for fault in practice.faults if fault.applies(engine, FIREWALL) and fault not in first]
    together = [sorted(pair) for pair in practice.together] if engine == DEFAULT_ENGINE else []
    pairs = [[practice.fault(one) for one in pair] for pair in together]
    pairs = [pair for pair in pairs if all(fault in first for fault in pair)]
    single = [
        in_cell(engine, name, fault, number=at, what=f":{fault.name}", more=fault in rest)
        for at, fault in enumerate([*first, *rest])
    ]
    double = [
        in_cell(engine, name, pair, number=at, what=f":{'+'.join(fault.name for fault in pair)}")
        for at, pair in enumerate(pairs, len(single))
    ]
    return single, double, in_cell(engine, name, number=len(first) + len(pairs) - 1)


PROOFS = [proofs(engine, name) for engine in ENGINES for name in catalog.names()]
FAULTS = [fault for faults, _, _ in PROOFS for fault in faults]
PAIRS = [pair for _, pairs, _ in PROOFS for pair in pairs]
CELLS = [end for _, _, end in PROOFS]


@pytest.fixture(scope="module")
def cell(client: docker.DockerClient) -> Iterator[Cells]:
    """The labs that are broken and repaired."""
    cells = Cells(client)
    yield cells
    cells.drop()


@pytest.mark.parametrize(("engine", "name", "fault"), FAULTS)
def test_fault_is_proven(cell: Cells, engine: str, name: str, fault: Fault) -> None:
    """Green; injected; exactly the declared red, in the declared manner; undone; green; injected; repaired; green."""
    lab = cell(engine, name)
    missing = [
        f"no {feature}: {probed['why']}"
        for feature in fault.needs
        if not (probed := lab.features(lab.lab.hosts[0].name)[feature])["works"]
    ]
    if missing:
        pytest.skip("; ".join(missing))
    practice = catalog.practice(name)
    found = prove_fault(lab, practice, fault, engine)
    if found.problems:
        cell.drop()
    assert not found.problems, "\n".join([*found.problems, f"checks: {found.checks}", f"claims: {found.claims}"])


@pytest.mark.parametrize(("engine", "name", "pair"), PAIRS)
def test_two_faults_do_not_hide_each_other(cell: Cells, engine: str, name: str, pair: list[Fault]) -> None:
    """What `--compound 2` offers: both are red together, and the second still is when the first is gone."""
    found = prove_pair(cell(engine, name), catalog.practice(name), pair, engine)
    if found.problems:
        cell.drop()
    assert not found.problems, "\n".join(found.problems)


@pytest.mark.parametrize(("engine", "name"), CELLS)
def test_claims_hold_and_nothing_differs_when_all_faults_are_over(cell: Cells, engine: str, name: str) -> None:
    """The verdicts are those declared for this engine, and proving them leaves the lab as it was."""
    lab = cell(engine, name)
    before = flatten(structure(lab.snapshot()))
    results = prove(lab, None, lambda _: None)
    failed = [claim for claim in results["claims"] if claim["outcome"] == "failed"]
    assert not failed, "\n".join(f"{claim['id']}: {claim['failure']}\n{claim['evidence']}" for claim in failed)
    assert results["engine"].startswith(engine)
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
