"""What went badly is due sooner than what went well; faults that look alike are repeated as one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from netproof import catalog
from netproof.errors import UnknownName
from netproof.model import Practice
from netproof.practice import history
from netproof.practice.spaced_repetition import Due, schedule
from tests.unit.practices import DECOY, fault, practice, record

PRACTICE = practice(
    fault("cut[a]"),
    fault("cut[b]"),
    fault("torn", layer="link"),
    fault("bent", layer="link", shows={"gateway": {"20.10": "no reply", "26.1": "too big"}}),
    fault("twisted", layer="route", shows={"gateway": "no reply"}),
    fault("newer", layer="mtu", engines="28.5", shows={"gateway": "too big"}),
    decoys=[DECOY],
)
ENDED = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """One lab with something to practise on."""

    def look_up(name: str) -> Practice:
        if name != "sound":
            raise UnknownName("lab", name, ["sound"])
        return PRACTICE

    monkeypatch.setattr(catalog, "practice", look_up)


def due(*about: Any, **changes: Any) -> Due:
    """When the one class of one attempt is due."""
    [found] = schedule([record(*about, **changes)])
    return found


def test_without_a_history_nothing_is_due() -> None:
    """Only what was practised is repeated."""
    assert schedule([]) == []


def test_the_better_it_went_the_later_it_is_due() -> None:
    """Unaided and named; unaided; with dear hints or collateral; not at all."""
    easy, good, hard, again = (
        due("torn", **changes).due
        for changes in ({"named": 100}, {}, {"outcome": history.COLLATERAL}, {"outcome": history.REVEALED})
    )
    assert easy > good > hard > again > ENDED


@pytest.mark.parametrize("outcome", [history.REVEALED, history.REPAIRED, history.ABANDONED])
def test_what_the_learner_did_not_solve_comes_back_soon(outcome: str) -> None:
    """Whoever repaired it; the last outcome is told."""
    found = due("torn", outcome=outcome, named=100)
    assert found.due == due("torn", outcome=history.REVEALED).due
    assert found.last == outcome


@pytest.mark.parametrize(("hints", "like"), [(5, {}), (15, {}), (40, {"outcome": history.COLLATERAL})])
def test_dear_hints_count_like_collateral(hints: int, like: dict[str, Any]) -> None:
    """Cheap ones only cost the best mark."""
    assert due("torn", hints=hints, named=100).due == due("torn", **like).due


def test_what_was_solved_again_is_due_later_still() -> None:
    """The interval grows."""
    once = record("torn", ended="2030-01-02T03:04:05+0000")
    again = record("torn", ended="2030-01-12T03:04:05+0000")
    [first], [second] = schedule([once]), schedule([once, again])
    assert second.due - datetime(2030, 1, 12, 3, 4, 5, tzinfo=UTC) > first.due - ENDED
    assert (first.times, second.times) == (1, 2)


def test_the_most_urgent_comes_first() -> None:
    """However they were practised."""
    records = [record("torn", named=100), record("bent", outcome=history.ABANDONED), record("by-design", decoy=True)]
    found = [item.faults for item in schedule(records)]
    assert [name in faults for name, faults in zip(("bent", "by-design", "torn"), found, strict=True)] == [True] * 3


def test_a_schedule_is_computed_the_same_each_time() -> None:
    """Nothing in it is random."""
    records = [record("torn"), record("bent", outcome=history.REVEALED), record("cut[a]", named=100)] * 3
    assert schedule(records) == schedule(records)


def test_times_of_other_zones_are_compared_as_times() -> None:
    """The same moment is the same moment."""
    assert due("torn", ended="2030-01-02T05:04:05+0200").due == due("torn").due


# Classes


@pytest.mark.parametrize(
    ("name", "engine", "expected"),
    [
        ("torn", "26.1", ("cut", "torn")),
        ("cut[b]", "26.1", ("cut", "torn")),
        ("bent", "26.1", ("bent",)),
        ("bent", "20.10", ("bent", "twisted")),
    ],
)
def test_faults_that_turn_the_same_red_are_one(name: str, engine: str, expected: tuple[str, ...]) -> None:
    """On the engine of the attempt, variants counted once."""
    assert due(name, engine=engine).faults == expected


def test_faults_of_other_engines_are_not_of_the_class() -> None:
    """Nobody can mistake one for what cannot be there."""
    assert due("bent", engine="26.1").faults == ("bent",)
    assert due("newer", engine="28.5").faults == ("newer",)


def test_two_faults_of_one_class_count_together() -> None:
    """Having solved one helps with the other."""
    [found] = schedule([record("torn"), record("cut[a]")])
    assert (found.lab, found.faults, found.times) == ("sound", ("cut", "torn"), 2)


def test_both_faults_of_an_incident_count() -> None:
    """Each in its class."""
    found = schedule([record("torn", "twisted")])
    assert sorted(item.faults for item in found) == [("cut", "torn"), ("twisted",)]


def test_a_decoy_is_a_class_of_its_own() -> None:
    """It has a layer, too."""
    found = due("by-design", decoy=True)
    assert (found.faults, found.layer) == (("by-design",), "dns")


def test_a_class_has_the_layer_of_its_first_fault() -> None:
    """`break --layer` takes it."""
    assert (due("torn").layer, due("bent").layer) == ("nat", "link")


# What has changed since


def test_a_fault_that_is_gone_is_a_class_of_its_own() -> None:
    """The history is not rewritten."""
    found = due("long-gone")
    assert (found.faults, found.layer) == (("long-gone",), "")


@pytest.mark.parametrize("decoy", [False, True])
def test_a_lab_that_is_gone_is_no_harm(*, decoy: bool) -> None:
    """Its records stay as they are, without a layer."""
    found = due("torn", lab="gone", decoy=decoy)
    assert (found.lab, found.faults, found.layer) == ("gone", ("torn",), "")


def test_a_time_that_cannot_be_read_is_now() -> None:
    """Rather than an error for ever."""
    assert due("torn", ended="yesterday").due > datetime(2025, 1, 1, tzinfo=UTC)
