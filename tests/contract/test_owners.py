"""Two people on one engine, with the same lab under the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contract.conftest import ROOT, User, document

LAB = "none"


@pytest.fixture
def two(new_user: Callable[..., User]) -> Iterator[tuple[User, User]]:
    """Two owners in one account: their files are in one state directory, too."""
    one, other = new_user(ROOT, LAB), new_user(ROOT, LAB)
    other.tag = one.tag
    other.state, other.files = one.state, one.state / "owners" / other.mark
    other.mine["NETPROOF_STATE_DIR"] = str(one.state)
    yield one, other
    one.leave()
    other.leave()


def states(user: User) -> list[list[str]]:
    """What `labs` says of the lab, for each copy that this user has."""
    rows = document(user("labs", "--json"))["labs"]
    return [row["state"] for row in rows if row["name"] == LAB]


def test_two_owners_have_the_same_lab_side_by_side(two: tuple[User, User]) -> None:
    """Each builds, sees, breaks and removes their own."""
    one, other = two
    one.must("up")
    other.must("up")
    assert one.name != other.name
    assert [len(found) for found in (*states(one), *states(other))] == [1, 1]
    one.must("break", "--seed", "1")
    assert other.is_healthy()
    assert other.lab("check").returncode == 0
    one.must("down")
    assert not one.hosts()
    assert other.is_healthy()
    other.must("down")
