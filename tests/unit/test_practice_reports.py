"""Which claims no fault turns red, and which faults look alike: exactly those that labs say so of."""

from __future__ import annotations

from collections import Counter

import pytest

from netproof import catalog, images
from netproof.catalog import claims
from netproof.model import Fault, Practice
from netproof.practice.diagnosis_tree import classes
from tests.unit.practices import fault, practice

MOST_ALIKE = 0.2

every_lab = pytest.mark.parametrize("name", catalog.names())
every_engine = pytest.mark.parametrize("engine", images.ENGINES)


def reddened(given: Practice) -> set[str]:
    """The claims that some fault turns red on some engine."""
    return {
        claim for item in given.faults for engine in item.engines or images.ENGINES for claim in item.claims_on(engine)
    }


def ids(names: list[str] | frozenset[str]) -> frozenset[str]:
    """Faults without their variants."""
    return frozenset(name.partition("[")[0] for name in names)


def here(given: Practice, engine: str) -> dict[str, Fault]:
    """The faults there are on an engine, by name."""
    return {item.name: item for item in given.faults if item.applies(engine, "nft")}


def alike(given: Practice, engine: str) -> set[frozenset[str]]:
    """Sets of different faults that no check and no claim tells apart on an engine, by id."""
    seen = {name: {**item.checks_on(engine), **item.claims_on(engine)} for name, item in here(given, engine).items()}
    found = map(ids, classes({name: signature for name, signature in seen.items() if signature}))
    return {each for each in found if len(each) > 1}


def said_alike(given: Practice, engine: str) -> set[frozenset[str]]:
    """The sets that the lab declares, as far as their faults are there on an engine."""
    found = (ids(each & here(given, engine).keys()) for each in given.alike)
    return {each for each in found if len(each) > 1}


# Claims


@every_lab
def test_every_claim_is_turned_red_by_a_fault_or_it_is_said_why_not(name: str) -> None:
    """A claim that nothing turns red might be green whatever happens."""
    found = catalog.practice(name)
    known = {claim.id for claim in claims.claims(name)}
    assert known - reddened(found) == set(found.unbroken)
    assert set(found.unbroken) & reddened(found) == set()
    assert all(reason.strip().endswith(".") for reason in found.unbroken.values())


# Faults that look alike


@every_engine
@every_lab
def test_faults_that_nothing_tells_apart_are_declared(name: str, engine: str) -> None:
    """What looks alike is known to, and what is declared to look alike does."""
    found = catalog.practice(name)
    assert alike(found, engine) == said_alike(found, engine)


@every_engine
def test_few_faults_look_like_another(engine: str) -> None:
    """Of all labs' faults a fifth at most."""
    everything: Counter[str] = Counter()
    for name in catalog.names():
        found = catalog.practice(name)
        everything["all"] += len(ids(frozenset(here(found, engine))))
        everything["alike"] += len(frozenset().union(*alike(found, engine)))
    assert everything["all"] > 0
    assert everything["alike"] <= MOST_ALIKE * everything["all"], everything


# The reports themselves


def test_the_reports_count_variants_as_one_and_engines_apart() -> None:
    """They can fail: what they compare is found."""
    made = practice(
        fault("cut[a]", reddens={"q2.1": "timeout"}),
        fault("cut[b]", reddens={"q2.1": "timeout"}),
        fault("torn", reddens={"q2.1": {"20.10": "timeout", "26.1": "differs"}}),
        fault("newer", engines="28.5", reddens={"q2.2": {"20.10": "timeout"}}),
        alike=[("cut[a]", "torn"), ("newer", "torn")],
    )
    assert reddened(made) == {"q2.1"}
    assert [alike(made, engine) for engine in images.ENGINES] == [
        {frozenset({"cut", "torn"})},
        set(),
        {frozenset({"newer", "torn"})},
    ]
    assert [said_alike(made, engine) for engine in ("20.10", "28.5")] == [
        {frozenset({"cut", "torn"})},
        {frozenset({"cut", "torn"}), frozenset({"newer", "torn"})},
    ]
