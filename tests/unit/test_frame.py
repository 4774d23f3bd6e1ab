"""Around a command, every way to fail ends in one message and the documented exit code."""

from __future__ import annotations

import json
import signal
from contextlib import ExitStack

import pytest
from invoke import Exit

from orchestrator.cli.frame import command
from orchestrator.errors import (
    AgentError,
    BuildError,
    Busy,
    DefinitionError,
    EngineError,
    HostDied,
    ImageError,
    NetproofError,
    UnknownName,
    UsageError,
)

pytestmark = pytest.mark.usefixtures("signals")


def failing(error: BaseException, *, as_json: bool = False) -> int:
    """The exit code of a command that fails like this."""
    with pytest.raises(Exit) as caught, command(json=as_json):
        raise error
    return int(caught.value.code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("p", "r"), 2),
        (UnknownName("lab", "x", ["y"]), 2),
        (DefinitionError("f", 1, "p", "r"), 2),
        (Busy("p", "r"), 2),
        (BuildError("p", "r"), 3),
        (EngineError("p", "r"), 3),
        (ImageError("p", "r"), 3),
        (HostDied("p", "r"), 3),
        (AgentError("p", "r"), 3),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    """Wrong use ends with 2, what could not be built with 3, an interrupt with 130."""
    assert failing(error) == code


def test_an_error_is_told_on_stderr_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    """People read what happened and what to do, and stdout stays empty."""
    failing(UsageError("The cat is out.", "Call it."))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines()[-2:] == ["The cat is out.", "Call it."]


@pytest.mark.parametrize(
    ("error", "problem", "remedy"),
    [
        (BuildError("The cat is out.", "Call it."), "The cat is out.", "Call it."),
        (KeyboardInterrupt(), "interrupted", ""),
    ],
    ids=["error", "interrupt"],
)
def test_with_json_an_error_is_the_one_document(
    error: BaseException, problem: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs find the error where they look for the result."""
    failing(error, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"error": {"problem": problem, "remedy": remedy}}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_being_told_to_end_is_like_ctrl_c(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    """SIGTERM and SIGHUP unwind the command as SIGINT does, so that it cleans up."""
    cleaned: list[str] = []

    def building() -> None:
        with command(), ExitStack() as undo:
            undo.callback(cleaned.append, "the lab")
            signal.raise_signal(number)

    with pytest.raises(Exit) as caught:
        building()
    assert caught.value.code == 130
    assert cleaned == ["the lab"]
    assert "Interrupted" in capsys.readouterr().err


def test_a_command_that_works_says_nothing_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The frame adds nothing to a result."""
    with command(json=True) as screen:
        screen.document({"up": True})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"up": True}
    assert captured.err == ""


def test_an_exit_of_the_commands_own_passes_through() -> None:
    """A failed claim's or a shell's exit code is not changed."""
    with pytest.raises(Exit) as caught, command():
        raise Exit(code=7)
    assert caught.value.code == 7


def test_a_bug_is_not_hidden() -> None:
    """An error that netproof does not raise on purpose keeps its traceback."""
    with pytest.raises(ZeroDivisionError), command():
        raise ZeroDivisionError


def test_an_error_of_no_kind_is_a_failure_to_build() -> None:
    """Whatever a new kind of error forgets to say, it does not end in success."""
    assert failing(NetproofError("p", "r")) == 3
