"""Walk cases that contradict themselves are refused, and what a walk says is judged by what a case knows."""

from __future__ import annotations

from typing import Any

import pytest

from netproof import catalog
from netproof.model import WalkCase, changed
from netproof.practice.walk_accuracy import ANSWERED, HONEST, RIGHT, WRONG, Asked, verdict_of
from netproof.walk import Death
from tests.unit.definitions import refused

CHANGE = changed("host", "inject", "took", "undo")


def case(**changes: Any) -> WalkCase:
    """A rule of the host drops what the client sends."""
    about: dict[str, Any] = {
        "id": "dropped",
        "what": "A rule drops it.",
        "source": "client",
        "target": "203.0.113.1:80",
        "at": "host",
        "layer": "filter",
        "says": "FORWARD",
        "change": CHANGE,
    }
    return WalkCase(**about | changes)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("layer", "wire"),
        ("proto", "sctp"),
        ("engines", "19.03"),
        ("engines", ("26.1", "30")),
        ("firewalls", "ipfw"),
    ],
)
def test_words_that_nobody_knows_are_refused(field: str, value: Any) -> None:
    """The error names the field and the case, and lists what there is."""
    error = refused(lambda: case(**{field: value}))
    assert error.field == f"{field} of walk dropped"


def test_ids_are_names() -> None:
    """They are typed on the command line."""
    assert refused(lambda: case(id="Dropped")).field == "id"


@pytest.mark.parametrize(("field", "empty"), [("layer", ""), ("says", ())])
def test_an_exchange_that_ends_says_by_what(field: str, empty: Any) -> None:
    """A place alone would let a wrong cause count as right."""
    assert refused(lambda: case(**{field: empty})).field == f"{field} of walk dropped"


def test_an_exchange_that_is_answered_says_nothing_of_an_end() -> None:
    """Without a place there is neither layer nor cause."""
    assert case(at="", layer="", says=()).at == ""
    assert refused(lambda: case(at="")).field == "layer of walk dropped"


def test_words_may_differ_by_engine() -> None:
    """Engines write rules of their own; each that the case is for has its words."""
    found = case(says={"20.10": "policy", "26.1": "policy", "28.5": ("raw", "DROP")})
    assert (found.words_on("20.10"), found.words_on("28.5")) == (("policy",), ("raw", "DROP"))
    assert refused(lambda: case(says={"20.10": "policy"})).field == "says of walk dropped"
    assert case(says={"28.5": "raw"}, engines="28.5").words_on("28.5") == ("raw",)


def test_a_case_is_for_some_engines_and_flavours() -> None:
    """Nothing given is all of them."""
    assert case().applies("20.10", "legacy")
    assert not case(engines="28.5").applies("26.1", "nft")
    assert not case(firewalls="nft").applies("26.1", "legacy")


# Verdicts

DIED = Death(place="host", layer="filter", why="It was dropped in FORWARD.", proof="-A FORWARD -j DROP", basis="seen")


def asked(**changes: Any) -> Asked:
    """What a case becomes when it is walked."""
    about: dict[str, Any] = {
        "name": "dropped",
        "how": "client to 203.0.113.1:80",
        "change": CHANGE,
        "source": "client",
        "target": "203.0.113.1:80",
        "proto": "",
        "size": 0,
        "df": False,
        "at": "host",
        "layer": "filter",
        "strict": True,
        "says": ("FORWARD", "-j DROP"),
    }
    return Asked(**about | changes)


@pytest.mark.parametrize(
    ("about", "died", "verdict"),
    [
        ({}, DIED, RIGHT),
        ({"at": "client"}, DIED, WRONG),
        ({"layer": "route"}, DIED, WRONG),
        ({"layer": "route", "strict": False}, DIED, RIGHT),
        ({"says": ("INPUT",)}, DIED, WRONG),
        ({"spares": ("DROP",)}, DIED, WRONG),
        ({}, Death(place="client", layer="unknown", why="Last seen.", basis="last seen"), HONEST),
        ({}, None, ANSWERED),
        ({"at": ""}, None, RIGHT),
        ({"at": ""}, DIED, WRONG),
        ({"at": ""}, Death(place="host", layer="unknown", why="Last seen.", basis="last seen"), WRONG),
    ],
    ids=["right", "place", "layer", "faults", "cause", "decoy", "last-seen", "answered", "whole", "claimed", "hinted"],
)
def test_a_verdict_is_judged(about: dict[str, Any], died: Death | None, verdict: str) -> None:
    """By place, layer and cause, and by what it must not blame."""
    found, lacks = verdict_of(asked(**about), died)
    assert found == verdict
    assert bool(lacks) == (verdict == WRONG)


# The catalogue


@pytest.mark.parametrize("name", catalog.names())
def test_every_labs_cases_are_sound(name: str) -> None:
    """They are read without an error, each by an id of its own, and with a cause that is named."""
    found = catalog.walks(name)
    assert len({one.id for one in found}) == len(found)
    assert all(one.what.endswith(".") for one in found)


def test_there_are_cases_in_which_nothing_is_wrong() -> None:
    """A walk that always blames somebody would else go unnoticed."""
    found = [one for name in catalog.names() for one in catalog.walks(name)]
    assert len([one for one in found if not one.at]) > 20
    assert len([one for one in found if one.spares]) > 20
