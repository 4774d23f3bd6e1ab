"""The error tree is as drawn, exit codes are as documented, and messages end in a remedy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof import errors
from netproof.errors import DefinitionError, NetproofError, UnknownName

_DRAWN = re.compile(r"^ {4}(?P<branches>[│ ├└─]*)(?P<name>[A-Z]\w+)\s+(?:\((?P<code>\d+)\)\s+)?\S")


def drawn() -> dict[str, tuple[str, int | None]]:
    """The tree in the module's docstring: {class: (parent, exit code where one is written)}."""
    found: dict[str, tuple[str, int | None]] = {}
    line_of: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = _DRAWN.match(line)
        if match is not None:
            depth = len(match["branches"]) // 4
            line_of[depth:] = [match["name"]]
            parent = line_of[depth - 1] if depth else "Exception"
            found[match["name"]] = (parent, int(match["code"]) if match["code"] else None)
    return found


def classes() -> dict[str, type[NetproofError]]:
    """Every error class of the module."""
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, NetproofError)
    }


def test_the_tree_is_as_drawn() -> None:
    """The docstring shows every error class under the one it is derived from."""
    assert {name: parent for name, (parent, _) in drawn().items()} == {
        name: made.__bases__[0].__name__ for name, made in classes().items()
    }


def test_exit_codes_are_as_drawn() -> None:
    """The number the docstring gives a class is its exit code."""
    written = {name: code for name, (_, code) in drawn().items() if code is not None}
    assert written == {name: made.exit_code for name, made in classes().items() if made is not NetproofError}


def test_exit_codes_tell_kinds_of_failure_apart() -> None:
    """Success, a failed claim, wrong use, a failed build and an interrupt each have a code of their own."""
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert sorted(codes) == [0, 1, 2, 3, 130]


@pytest.mark.parametrize("made", classes().values())
def test_an_error_reads_as_what_happened_and_then_what_to_do(made: type[NetproofError]) -> None:
    """The text of an error is its problem, and its remedy on a line of its own."""
    error = NetproofError.__new__(made)
    NetproofError.__init__(error, "The cat is out.", "Call it.")
    assert str(error).splitlines() == ["The cat is out.", "Call it."]


# UnknownName


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("bridgenat", "bridge-nat"),
        ("bridge_nat", "bridge-nat"),
        ("overlya", "overlay"),
        ("macvaln", "macvlan"),
        ("qqqq", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_found(name: str, nearest: str | None) -> None:
    """A name that is nearly right is recognised, and nonsense is not guessed at."""
    error = UnknownName("lab", name, ["bridge-nat", "overlay", "macvlan"])
    assert error.nearest == nearest
    assert ("Did you mean" in error.remedy) is (nearest is not None)


@given(st.text(max_size=8), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_what_is_known_is_always_listed(name: str, known: list[str]) -> None:
    """The remedy names every choice, and the problem what was typed."""
    error = UnknownName("lab", name, known, of="the catalogue")
    assert repr(name) in error.problem
    assert all(choice in error.remedy for choice in known)
    assert error.nearest is None or error.nearest in known


def test_no_choices_are_said_to_be_none() -> None:
    """A remedy is a sentence even when nothing is known."""
    assert UnknownName("fault", "x", []).remedy == "Known: none."


# DefinitionError


def test_a_located_definition_error_says_the_same_with_its_place() -> None:
    """Adding the file and line changes nothing else."""
    error = DefinitionError("port", 0, "is not a port", "Use another.")
    located = error.located("labs/x/lab.py:7")
    assert located.problem == f"labs/x/lab.py:7: {error.problem}"
    assert (located.field, located.value, located.remedy) == (error.field, error.value, error.remedy)
