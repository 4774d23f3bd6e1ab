"""Around a command, every way to fail ends in one message and the documented exit code."""

from __future__ import annotations

import errno
import json
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from invoke import Exit

from netproof.cli.command import command
from netproof.errors import (
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
from netproof.state.instance import Instance

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


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EISDIR])
def test_a_file_that_cannot_be_used_is_named(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that is full, read-only files, a folder in the place of a file: what, where, and what to do."""
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(tmp_path))
    file = str(tmp_path / "instances" / "state.json")
    assert failing(OSError(number, os.strerror(number), file)) == 3
    told = capsys.readouterr().err
    assert told.startswith(f"{file}: {os.strerror(number)}.\n")
    assert "NETPROOF_STATE_DIR" in told
    assert failing(OSError(number, os.strerror(number), "/elsewhere/walk.svg")) == 3
    assert "NETPROOF_STATE_DIR" not in capsys.readouterr().err


def test_a_write_to_a_full_disk_names_where_netproof_writes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The system names no file with it."""
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(tmp_path))
    assert failing(OSError(errno.ENOSPC, "No space left on device")) == 3
    assert str(tmp_path) in capsys.readouterr().err


def test_a_link_that_leads_nowhere_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The system says of it that it exists."""
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(tmp_path / "nowhere")
    file.touch()
    for path, word in ((link, "a link that leads nowhere"), (file, "a file, not a folder")):
        with pytest.raises(Exit), command():
            path.mkdir(exist_ok=True)
        assert f"{path}: {word}.\n" in capsys.readouterr().err


def test_another_error_of_the_system_is_not_taken_for_one_of_the_disk() -> None:
    """It would be a defect, and its origin has to be seen."""
    with pytest.raises(OSError, match="refused"), command():
        raise OSError(errno.ECONNREFUSED, "refused")


def test_a_folder_in_the_place_of_a_file_of_ours_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not a traceback, whoever put it there."""
    monkeypatch.setenv("NETPROOF_STATE_DIR", str(tmp_path))
    instance = Instance("bridge-nat")
    (instance.folder / "baseline.json").mkdir(parents=True)
    with pytest.raises(Exit) as caught, command():
        instance.drop("baseline.json")
    assert caught.value.code == 3
    assert "baseline.json: Is a directory" in capsys.readouterr().err
    with pytest.raises(Exit), command():
        instance.write("baseline.json", {})
    assert "/baseline.json: Is a directory" in capsys.readouterr().err
