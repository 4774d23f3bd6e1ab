"""A seed decides the same each time; what cannot be practised on is refused with the reason."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.errors import UnknownName, UsageError
from netproof.model import Decoy, Practice
from netproof.practice.fault_choice import Asked, Setting, choices
from tests.unit.practices import DECOY, fault, practice

PRACTICE = practice(
    fault("cut[a]"),
    fault("cut[b]"),
    fault("cut[c]"),
    fault("torn", layer="link", level=2),
    fault("bent", layer="link", level=3, tells={"torn": "there it is in two"}),
    fault("hidden", shows={}, reddens={"q2.1": "timeout"}),
    fault("newer", engines="28.5"),
    fault("older", layer="mtu", shows={"web": {"20.10": "timeout"}}),
    fault("legacy", firewalls="legacy"),
    fault("loads", layer="overlay", needs="ipvs"),
    decoys=[DECOY],
    together=[("torn", "cut[a]"), ("torn", "newer"), ("bent", "cut[b]"), ("torn", "hidden")],
)
HERE = Setting("26.1", "nft", lambda _: False)


def chosen(setting: Setting = HERE, given_: Practice = PRACTICE, **asked: Any) -> list[list[str]]:
    """Names of all that is offered, in order."""
    found = choices(given_, Asked(**{"seed": 7, **asked}), setting)
    return [[item.id] if isinstance(item, Decoy) else [one.name for one in item] for item in found]


def refused(setting: Setting = HERE, given_: Practice = PRACTICE, **asked: Any) -> UsageError:
    """The error of what cannot be chosen."""
    with pytest.raises(UsageError) as caught:
        chosen(setting, given_, **asked)
    return caught.value


@given(st.integers(0, 2**31))
def test_a_seed_chooses_the_same_each_time(seed: int) -> None:
    """The order and the variant, too."""
    assert chosen(seed=seed) == chosen(seed=seed)
    assert chosen(seed=seed, compound=2) == chosen(seed=seed, compound=2)


def test_seeds_choose_every_fault_and_every_variant() -> None:
    """Nothing that can be practised on is out of reach, and nothing else is offered."""
    first = {chosen(seed=seed)[0][0] for seed in range(200)}
    assert first == {"cut[a]", "cut[b]", "cut[c]", "torn", "bent", "by-design"}


@given(st.integers(0, 2**31))
def test_each_fault_is_offered_once_in_one_variant(seed: int) -> None:
    """When one takes no effect another fault follows, not the same in another place."""
    offered = [name.partition("[")[0] for [name] in chosen(seed=seed)]
    assert sorted(offered) == ["bent", "by-design", "cut", "torn"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"layer": "link"}, {"torn", "bent"}),
        ({"level": 2}, {"torn", "by-design"}),
        ({"layer": "link", "level": 3}, {"bent"}),
        ({"layer": "dns"}, {"by-design"}),
        ({"fault": "torn"}, {"torn"}),
        ({"fault": "cut[b]"}, {"cut[b]"}),
        ({"fault": "by-design"}, {"by-design"}),
        ({"fault": "bent", "layer": "link"}, {"bent"}),
    ],
)
def test_what_is_asked_for_is_chosen(asked: dict[str, Any], expected: set[str]) -> None:
    """By name, by layer, by level, for every seed."""
    for seed in range(20):
        assert {name for [name] in chosen(seed=seed, **asked)} == expected


def test_an_id_stands_for_all_its_variants() -> None:
    """The seed picks one."""
    assert {chosen(seed=seed, fault="cut")[0][0] for seed in range(50)} == {"cut[a]", "cut[b]", "cut[c]"}
    assert len(chosen(fault="cut")) == 1


# Where


@pytest.mark.parametrize(
    ("setting", "name", "why"),
    [
        (HERE, "newer", "engine 28.5 with any iptables"),
        (HERE, "legacy", "engine any with legacy iptables"),
        (HERE, "loads", "needs ipvs"),
        (HERE, "hidden", "No check notices it"),
        (HERE, "older", "No check notices it"),
    ],
)
def test_what_cannot_be_practised_on_here_says_why(setting: Setting, name: str, why: str) -> None:
    """The engine, the firewall, the kernel, or the checks."""
    error = refused(setting, fault=name)
    assert name in error.problem
    assert why in error.remedy


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        (Setting("28.5", "nft", lambda _: False), "newer"),
        (Setting("20.10", "nft", lambda _: False), "older"),
        (Setting("26.1", "legacy", lambda _: False), "legacy"),
        (Setting("26.1", "nft", lambda feature: feature == "ipvs"), "loads"),
    ],
)
def test_elsewhere_the_same_faults_are_offered(setting: Setting, name: str) -> None:
    """What is refused above depends on the setting alone."""
    assert chosen(setting, fault=name) == [[name]]
    assert [name] in chosen(setting)


# Wrong use


@pytest.mark.parametrize(
    ("asked", "kind", "nearest"),
    [
        ({"layer": "lnik"}, "layer", "link"),
        ({"fault": "tron"}, "fault", "torn"),
        ({"fault": "cut[d]"}, "fault", "cut[c]"),
        ({"fault": "by-desing"}, "fault", "by-design"),
    ],
)
def test_an_unknown_word_is_told_the_nearest(asked: dict[str, Any], kind: str, nearest: str) -> None:
    """Layers and faults."""
    error = refused(**asked)
    assert isinstance(error, UnknownName)
    assert kind in error.problem
    if nearest != "cut[c]":
        assert error.nearest == nearest
    else:
        assert str(error.nearest).startswith("cut")


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"level": 4}, "1 (easy), 2 and 3"),
        ({"level": -1}, "1 (easy), 2 and 3"),
        ({"compound": 3}, "1 fault or of 2"),
        ({"compound": 0}, "1 fault or of 2"),
        ({"fault": "torn", "layer": "dns"}, "or --fault"),
        ({"fault": "torn", "level": 3}, "or --fault"),
        ({"compound": 2, "fault": "cut"}, "--fault"),
        ({"compound": 2, "layer": "link"}, "--layer"),
        ({"compound": 2, "level": 1}, "--level"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, Any], word: str) -> None:
    """The remedy says what does."""
    assert word in refused(**asked).remedy


def test_a_layer_without_faults_of_a_level_lists_what_there_is() -> None:
    """Only what can be practised on here."""
    error = refused(layer="link", level=1)
    assert error.remedy == "It has (layer, level): dns 2, link 2, link 3, nat 1."


# Two at once


def test_pairs_are_those_that_do_not_hide_each_other() -> None:
    """Both of a pair can be practised on here; every pair is offered, some seed begins with each."""
    pairs = [["cut[a]", "torn"], ["bent", "cut[b]"]]
    assert sorted(chosen(compound=2)) == sorted(pairs)
    assert sorted(map(str, pairs)) == sorted({str(chosen(seed=seed, compound=2)[0]) for seed in range(30)})


def test_a_lab_without_pairs_says_so() -> None:
    """Also when its pairs are for another engine."""
    lonely = practice(fault("torn"), fault("newer", engines="28.5"), together=[("torn", "newer")])
    assert "--compound" in refused(given_=lonely, compound=2).remedy


def test_seeds_differ() -> None:
    """Not every seed chooses as the one before."""
    found = [chosen(seed=seed) for seed in range(10)]
    assert any(one != other for one, other in pairwise(found))
