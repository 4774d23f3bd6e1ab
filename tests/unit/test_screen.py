"""Results are on stdout, progress on stderr; with json there is one document on stdout and nothing else."""

from __future__ import annotations

import json

import pytest

from netproof.cli.screen import Screen
from netproof.progress import Passing


def use_everything(screen: Screen) -> None:
    """Print in every way there is."""
    screen.say("working")
    screen.line("a result")
    screen.line()
    screen.columns([("NAME", "STATE"), ("client", "running")])
    screen.next("invoke lab test bridge-nat", "invoke lab down bridge-nat")
    screen.rich("a table")
    screen.settle()


def test_with_json_only_the_document_reaches_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever else a command prints, its stdout is one JSON document."""
    screen = Screen(json=True)
    use_everything(screen)
    screen.document({"up": True, "text": "é\udcff\n"})
    use_everything(screen)
    assert json.loads(capsys.readouterr().out) == {"up": True, "text": "é\udcff\n"}


def test_without_json_there_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    """People get lines, not documents."""
    screen = Screen()
    screen.document({"up": True})
    assert capsys.readouterr().out == ""
    use_everything(screen)
    assert "a result" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [False, True])
def test_progress_goes_to_stderr(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - a parameter
    """Progress is told, and is no part of the result."""
    Screen(json=as_json).say("starting lab host")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "starting lab host" in captured.err


def test_of_what_passes_little_is_told_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A log has the steps, and a word when nothing else has been said for long."""
    screen = Screen()
    screen.say("step 1")
    for number in range(100):
        screen.say(Passing(f"package {number}"))
    screen.say("step 2")
    screen._told -= 60.0
    screen.say(Passing("still at it"))
    assert capsys.readouterr().err.split("\n") == ["  step 1", "  step 2", "  still at it", ""]


def test_where_there_is_no_terminal_there_is_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    """What is piped on has no escape sequences."""
    screen = Screen()
    use_everything(screen)
    screen.line(screen.colour("red", "red"))
    captured = capsys.readouterr()
    assert "\033" not in captured.out + captured.err


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """Every column begins at one place, and no line ends in blanks."""
    Screen().columns([("NODE", "STATE", "ADDRESSES"), ("a-long-name", "up", "10.0.0.2"), ("b", "running", "")])
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.index("STATE") == second.index("up") == third.index("running")
    assert first.index("ADDRESSES") == second.index("10.0.0.2")
    assert third == third.rstrip()


def test_no_rows_are_no_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty table prints nothing."""
    Screen().columns([])
    assert capsys.readouterr().out == ""


def test_a_command_can_turn_to_json_while_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """`lab facts` knows no other form."""
    screen = Screen()
    screen.json = True
    use_everything(screen)
    screen.document([1])
    assert json.loads(capsys.readouterr().out) == [1]
