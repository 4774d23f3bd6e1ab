"""Spare volumes on a real engine: a lab host has one; `down` and `clean` leave none, nor do makers that were killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from netproof import images
from netproof.hosts import spares
from netproof.state import labels
from netproof.wait import until
from tests.contract.conftest import ROOT, User

LIMIT = 30.0


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    """Somebody whose labs leave spares behind."""
    made = new_user(ROOT, "bridge-nat")
    made.mine["NETPROOF_SPARES"] = "2"
    return made


def volumes(user: User) -> set[str]:
    found = user.client.api.volumes(filters={"label": f"{labels.OWNER}={user.owner}"})["Volumes"] or []
    return {item["Name"] for item in found if item["Labels"].get(labels.ROLE) == spares.ROLE}


def records(user: User) -> set[str]:
    return {path.name for path in (user.files / "spares").glob("*/netproof-spare-*")}


def both_whole(user: User) -> set[str]:
    """The two spares, once both are whole and their maker has ended."""

    def look() -> set[str]:
        return records(user) if len(records(user)) == len(volumes(user) - in_use(user)) == spares.wanted() else set()

    found = until(look, LIMIT)
    assert found, f"records {records(user)}, volumes {volumes(user)}"
    return found


def in_use(user: User) -> set[str]:
    hosts: list[dict[str, Any]] = user.hosts()
    return {name for host in hosts if (name := spares.in_use(host))}


def test_the_next_lab_host_has_a_spare_and_nothing_is_left(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled as by the engine itself, taken once, removed with the lab host; `clean` removes the others."""
    monkeypatch.setenv("NETPROOF_SPARES", "2")
    user.must("up")
    assert not in_use(user)
    before = both_whole(user)
    user.must("down")
    assert volumes(user) == before
    user.must("up")
    (taken,) = in_use(user)
    assert taken in before
    assert user.is_healthy()
    both_whole(user)
    user.must("down")
    assert taken not in volumes(user)
    assert user("clean", "--keep-images").returncode == 0
    assert not records(user)
    assert not user.remains()


def test_a_spare_that_somebody_removed_is_filled_by_the_engine(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by somebody who removes all unused volumes: the lab is as it always is, and goes without a trace."""
    monkeypatch.setenv("NETPROOF_SPARES", "2")
    user.must("up")
    for name in both_whole(user):
        user.client.api.remove_volume(name)
    user.must("down")
    user.mine["NETPROOF_SPARES"] = "0"
    user.must("up")
    assert user.is_healthy()
    user.must("down")
    assert user("clean", "--keep-images").returncode == 0
    assert not user.remains()


def test_what_a_killed_maker_left_is_removed_by_the_next(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container and a volume without a record are nobody's; what other people labelled stays."""
    monkeypatch.setenv("NETPROOF_SPARES", "2")
    api = user.client.api
    image = images.ensure(user.client, images.DEFAULT_ENGINE, print).id
    marks = {labels.OWNER: user.owner, labels.ROLE: spares.ROLE}
    half = f"netproof-spare-half-{user.tag}"
    api.create_volume(half, labels=marks)
    mount = {"Type": "volume", "Source": half, "Target": "/data"}
    config = {**api.create_host_config(network_mode="none"), "Mounts": [mount]}
    left = api.create_container(image, labels=marks, host_config=config)["Id"]
    theirs = f"netproof-spare-theirs-{user.tag}"
    api.create_volume(theirs, labels={labels.OWNER: "somebody else", labels.ROLE: spares.ROLE})
    try:
        user.must("up")
        assert half not in both_whole(user)
        assert until(lambda: half not in volumes(user), LIMIT)
        assert left not in {item["Id"] for item in api.containers(all=True)}
        assert api.inspect_volume(theirs)
    finally:
        api.remove_volume(theirs)
        user.leave()
