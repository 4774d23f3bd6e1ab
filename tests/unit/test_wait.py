"""Waiting looks at least once, stops as soon as it knows, and returns what it last saw."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netproof.wait import SLOWNESS, patience, scaled, slower, throughout, until

LONG = 60.0


def saying(*answers: object) -> Callable[[], object]:
    """A look that gives these answers in turn, and must not be asked more often."""
    return iter(answers).__next__


def test_until_returns_the_first_true_answer() -> None:
    """What was waited for is returned as it was found, and nothing is looked at after it."""
    assert until(saying("", [], 0, "found"), LONG, pause=0) == "found"


def test_until_looks_once_even_without_time() -> None:
    """A limit of zero still looks."""
    assert until(saying("there"), 0) == "there"


@pytest.mark.parametrize("nothing", [None, 0, "", ()])
def test_until_returns_its_last_answer_when_time_is_up(nothing: object) -> None:
    """Waiting in vain is told by what was seen, not by an error."""
    assert until(lambda: nothing, 0.01, pause=0) == nothing


def test_until_looks_again_until_time_is_up() -> None:
    """One look is not all there is."""
    seen: list[int] = []
    until(lambda: seen.append(1), 0.01, pause=0)
    assert len(seen) > 1


def test_throughout_returns_the_first_false_answer() -> None:
    """What must hold is over when it is seen not to, and nothing is looked at after that."""
    assert throughout(saying("a", "b", ""), LONG, pause=0) == ""


def test_throughout_looks_once_even_without_time() -> None:
    """A window of zero still looks."""
    assert throughout(saying("there"), 0) == "there"


def test_throughout_returns_its_last_answer_when_the_window_closes() -> None:
    """What held to the end is told by what was seen last."""
    seen: list[int] = []

    def look() -> int:
        seen.append(len(seen) + 1)
        return seen[-1]

    assert throughout(look, 0.01, pause=0) == seen[-1]
    assert len(seen) > 1


@pytest.mark.parametrize("wait", [until, throughout])
def test_an_error_ends_the_waiting(wait: Callable[..., object]) -> None:
    """What the look raises is not swallowed."""

    def look() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        wait(look, LONG)


def test_deadlines_grow_with_slow_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """For this process and those it starts; never shorter, never without an end."""
    monkeypatch.delenv(SLOWNESS, raising=False)
    assert scaled(10) == 10
    with slower(3):
        assert (scaled(10), patience(10)) == (30, 30)
        with slower(0.1):
            assert scaled(10) == 10
        with slower(1e6):
            assert scaled(10) == 200
    assert patience(10) == 10
    monkeypatch.setenv(SLOWNESS, "much")
    assert scaled(10) == 10
