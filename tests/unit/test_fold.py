"""No word is cut where a terminal ends, and nothing is changed where there is none."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.cli.fold import NARROWEST, fold, visible
from netproof.cli.screen import Screen

WORDS = st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=40)


@given(WORDS, st.integers(NARROWEST, 120), st.integers(0, 8), st.none() | st.integers(0, 60))
def test_every_word_stays_whole_and_fits(words: list[str], width: int, indent: int, hang: int | None) -> None:
    """Whatever the width and the indentation: the same words in the same order, none cut, no line too long."""
    lines = fold(" " * indent + " ".join(words), width, hang).split("\n")
    assert " ".join(lines).split() == words
    assert all(visible(line) <= width for line in lines)
    assert not any(line.endswith(" ") for line in lines)


def test_what_goes_on_begins_below_what_it_belongs_to() -> None:
    """Two behind the line's own beginning, or where it is told."""
    assert fold("  one two three four five six", 24) == "  one two three four\n    five six"
    assert fold("a    one two three four five", 24, 5) == "a    one two three four\n     five"


def test_colours_take_no_room() -> None:
    """A coloured line is broken where a plain one is."""
    plain = "one two three four five six"
    assert fold(f"\033[31m{plain}\033[0m", 24) == f"\033[31m{fold(plain, 24)}\033[0m"


def test_a_word_longer_than_the_line_stays_whole() -> None:
    """Paths and addresses are copied."""
    path = "/a" * 40
    assert path in fold(f"it is in {path} now", 30).split("\n")[1]


@contextmanager
def terminal(columns: int) -> Iterator[Callable[[], str]]:
    """stdout is a terminal; what is yielded tells what came out there."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    before = sys.stdout
    sys.stdout = io.TextIOWrapper(os.fdopen(far, "wb", 0), write_through=True)

    def shown() -> str:
        told = b""
        while select.select([near], [], [], 0)[0]:
            told += os.read(near, 65_536)
        return told.decode().replace("\r\n", "\n")

    try:
        yield shown
    finally:
        sys.stdout.close()
        sys.stdout = before
        os.close(near)


@pytest.mark.parametrize("columns", [80, 120])
def test_the_last_column_is_broken_inside_itself(columns: int) -> None:
    """A list of labs, say: the sentences stand beside the names, in as many lines as they need."""
    with terminal(columns) as shown:
        Screen().columns([("LAB", "SHOWS"), ("bridge-nat", "a sentence of words " * 8)])
        lines = shown().splitlines()
    assert max(map(len, lines)) <= columns
    assert len(lines) > 2
    assert all(line.startswith(" " * 14) for line in lines[2:])


def test_commands_stay_in_one_line() -> None:
    """They are copied."""
    command = "invoke lab shell a-lab-with-a-long-name NODE --as another-name-that-is-long"
    with terminal(40) as shown:
        Screen().next(command)
        assert f"Next: {command}\n" in shown()


def test_what_is_piped_has_lines_as_long_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """For grep, and for whoever pastes it elsewhere."""
    Screen().line("word " * 100)
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value", "coloured"), [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("NO_COLOR", "", True)]
)
def test_colours_are_left_out_where_they_are_not_wanted(
    name: str,
    value: str,
    coloured: bool,  # noqa: FBT001 - a parameter
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NO_COLOR, and a terminal that has none."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(name, value)
    with terminal(80) as shown:
        screen = Screen()
        screen.line(screen.colour("red", "red"))
        assert ("\033" in shown()) == coloured
