"""A command ends with one message whatever its standard streams are: closed, full, or without Unicode."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from netproof.paths import IMPORT_ROOT

LINES = "“one” ── …"
PROGRAM = f"""
import sys
from invoke import Exit
from netproof.cli.command import command
from netproof.errors import UsageError
try:
    with command() as screen:
        screen.say("working")
        for _ in range(int(sys.argv[1])):
            screen.line({LINES!a})
        if sys.argv[2:]:
            raise UsageError("The " + {LINES!a} + " is out.", "Call it.")
except Exit as end:
    sys.exit(end.code)
"""
FULL = "/dev/full"


def run(redirection: str = "", *, count: int = 3, fails: bool = False, **environment: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command whose streams a shell has changed."""
    words = [sys.executable, "-c", PROGRAM, str(count), *(["fails"] if fails else [])]
    ended = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", *words],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=IMPORT_ROOT,
        env={**os.environ, **environment},
    )
    out, err = (text.decode() for text in (ended.stdout, ended.stderr))
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    return ended.returncode, out, err


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", f"2>{FULL}"])
def test_a_stream_that_is_closed_holds_up_nobody(redirection: str) -> None:
    """The command does what it does; what cannot be told is not."""
    assert run(redirection)[0] == 0
    assert run(redirection, fails=True)[0] == 2


@pytest.mark.parametrize("count", [1, 30_000])
def test_a_result_that_cannot_be_written_is_an_error(count: int) -> None:
    """Whether that comes out at once, or at the end, when what was kept back is written."""
    code, _, err = run(f">{FULL}", count=count)
    assert code == 3
    assert "stdout: No space left on device." in err


def test_nothing_at_all_can_be_told() -> None:
    """The exit code is all there is left."""
    assert run(f">{FULL} 2>&1")[0] == 3


@pytest.mark.parametrize("count", [1, 30_000])
def test_a_reader_that_has_seen_enough_ends_it_quietly(count: int) -> None:
    """As `| head -1` does."""
    code, _, err = run("| true; exit ${PIPESTATUS[0]}", count=count)
    assert (code, err.strip()) == (0, "working")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "C"],
)
def test_an_encoding_without_the_signs_gets_plain_ones(environment: dict[str, str]) -> None:
    """Lines, quotation marks and ellipses have forms that every encoding has."""
    plain = '"one" -- ...'
    code, out, err = run(count=1, fails=True, **environment)
    assert (code, out.strip()) == (2, plain)
    assert f"The {plain} is out." in err


def test_what_has_no_plain_form_is_escaped() -> None:
    """Nothing is lost, and nothing is refused."""
    words = "from netproof.cli import streams; streams.prepare(); print('naïve \\u65e5')"
    ended = subprocess.run(
        [sys.executable, "-c", words],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(IMPORT_ROOT),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert ended.stdout == "na\\xefve \\u65e5\n"
