"""The same definition gives the same lab."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from netproof import catalog
from netproof.facts import Flat, compare, normalise, structure
from tests.contract.conftest import ROOT, User

pytestmark = pytest.mark.rest


@pytest.fixture
def builder(request: pytest.FixtureRequest, new_user: Callable[..., User]) -> Iterator[User]:
    """Somebody who builds the lab that the test is about."""
    user = new_user(ROOT, request.param)
    yield user
    user.leave()


def _built(user: User, tag: str) -> Flat:
    user.must("up", tag=tag)
    with user.attached(tag) as lab:
        return normalise(structure(lab.snapshot()))


@pytest.mark.parametrize("builder", catalog.names(), indirect=True)
def test_two_builds_are_equal(builder: User) -> None:
    """Two builds, side by side, differ in nothing that the definition decides."""
    found = compare(_built(builder, "a"), _built(builder, "b"))
    assert not found, "\n".join(f"{item.place} {item.aspect} {item.key}: {item.lines}" for item in found)


def test_a_difference_would_show(shared: User) -> None:
    """Normalising hides what is chosen anew, not what somebody changed."""
    with shared.attached() as lab:
        before = normalise(structure(lab.snapshot()))
        assert lab.run("client", "ip route add blackhole 192.0.2.0/24").rc == 0
        after = normalise(structure(lab.snapshot()))
        assert lab.run("client", "ip route del blackhole 192.0.2.0/24").rc == 0
    assert [(item.place, item.aspect) for item in compare(before, after)] == [("client", "routes")]
