"""Whatever was done to a lab, `reset` reaches the state after `up`: a snapshot that is equal, and every check green."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import pytest

from netproof import catalog
from netproof.errors import NetproofError
from netproof.facts import Flat, compare, normalise, structure
from netproof.lab.running import RunningLab
from netproof.practice.check_runner import look, red
from netproof.wait import until
from tests.contract.chaos import Deed, deeds
from tests.contract.conftest import ROOT, User, document

pytestmark = pytest.mark.rest

LABS = ("bridge-nat", "publish", "dns", "overlay")
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.rest) for seed in range(2, 30))]
CLAIMS = int(os.environ.get("NETPROOF_CHAOS_CLAIMS", "10"))  # after each seed that this divides, claims are run, too


def state(user: User) -> Flat:
    """What the definition decides of the user's lab."""
    with user.attached() as lab:
        return normalise(structure(lab.snapshot()))


def do(lab: RunningLab, done: Deed) -> str:
    """Do it, and say how it went: much fails in a lab that is broken already."""
    with suppress(NetproofError):
        return f"{lab.run(done.at, done.run, limit=10).rc}"
    return "could not be run"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("about", LABS)
def test_reset_reaches_the_state_after_up(new_user: Callable[..., User], about: str, seed: int) -> None:
    """Twenty changes at random, then `reset`; no command prints a traceback."""
    user = new_user(ROOT, about)
    try:
        user.must("up")
        before = state(user)
        with user.attached() as lab:
            done = [f"{each.at}: {each.run}: {do(lab, each)}" for each in deeds(lab.lab, seed)]
        told = "\n".join(done)
        changed = user.lab("diff")
        ended = user.lab("reset", "--json")
        assert ended.returncode == 0, f"{told}\n{ended.stdout}{ended.stderr}"
        assert "Traceback" not in changed.stderr + ended.stderr, f"{told}\n{changed.stderr}{ended.stderr}"
        assert until(lambda: not compare(before, state(user)), 5, 0.2), f"{told}\n{compare(before, state(user))}"
        with user.attached() as lab:
            assert until(lambda: not red(look(lab, catalog.practice(about).checks)), 10), told
        if seed % CLAIMS == 0:
            claims = document(user.lab("test", "--json"))["claims"]
            assert not [claim for claim in claims if claim["outcome"] == "failed"], f"{told}\n{claims}"
    finally:
        user.leave()


def test_a_seed_gives_the_same_changes() -> None:
    """What failed once can be done again."""
    lab = catalog.load("publish")
    assert list(deeds(lab, 7)) == list(deeds(lab, 7))
    assert list(deeds(lab, 7)) != list(deeds(lab, 8))
