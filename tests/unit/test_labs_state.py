"""What `invoke labs` says of a lab: up, broken on purpose, or dead, and where."""

from __future__ import annotations

import attrs
import pytest

from netproof import catalog
from netproof.cli import labs
from netproof.engine.location import Where
from netproof.hosts import Found
from netproof.practice.attempt import RUNNING, Attempt
from netproof.state.instance import Instance

pytestmark = pytest.mark.usefixtures("state_dir")
OVERLAY = catalog.load("overlay")
HERE, THERE = Where(), Where.parse("ssh://box")
HOSTS = [
    Found(name, Instance("overlay", "second"), name, "26.1", "nft", "d", "i", "running", "me")
    for name in ("node1", "node2")
]


def test_a_lab_that_is_whole_is_up() -> None:
    """Here or elsewhere; other labs are no part of it."""
    assert labs.states(OVERLAY, {HERE: HOSTS, THERE: []}) == ["overlay@second up"]
    assert labs.states(OVERLAY, {HERE: [], THERE: HOSTS}) == ["overlay@second up on ssh://box"]
    assert labs.states(catalog.load("dns"), {HERE: HOSTS}) == []


def test_a_lab_that_is_broken_on_purpose_says_so() -> None:
    """It is up all the same."""
    about = {"lab": "overlay", "engine": "26.1", "firewall": "nft", "seed": 1, "status": RUNNING}
    Attempt(**about, faults=["number-differs"]).write(Instance("overlay", "second"))  # type: ignore[arg-type]
    assert labs.states(OVERLAY, {HERE: HOSTS}) == ["overlay@second up, broken on purpose"]


def test_a_lab_host_that_does_not_run_or_is_gone_is_named() -> None:
    """That is no fault to practise on."""
    stopped = attrs.evolve(HOSTS[1], state="exited")
    for hosts in (HOSTS[:1], [HOSTS[0], stopped]):
        assert labs.states(OVERLAY, {HERE: hosts}) == ["overlay@second dead: node2"]


def test_a_place_that_does_not_answer_is_told() -> None:
    """Nothing is said of what may be there."""
    assert labs.states(OVERLAY, {THERE: None}) == ["unknown on ssh://box: no engine"]
