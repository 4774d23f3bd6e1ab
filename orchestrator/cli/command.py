"""Around every command: errors become one clear message and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from invoke import Exit

from netproof import program
from netproof.cli import streams
from netproof.cli.fold import fold
from netproof.cli.output_file import OF_THE_DISK
from netproof.cli.screen import Screen, takes_colour, width_of
from netproof.errors import EXIT_INTERRUPTED, NetproofError
from netproof.state.instance import root

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _terminate(_: int, __: FrameType | None) -> None:
    """SIGTERM and SIGHUP clean up as Ctrl-C does, and a second one does not stop the cleaning."""
    for number in _SIGNALS:
        signal.signal(number, _insist)
    raise KeyboardInterrupt


def _insist(_: int, __: FrameType | None) -> None:
    os.write(2, b"Still cleaning up.\n")


@contextmanager
def command(*, json: bool = False) -> Iterator[Screen]:
    """Run a command's body with a screen; raise Invoke's Exit with the right code."""
    streams.prepare()
    screen = Screen(json=json)
    before = {number: signal.signal(number, _terminate) for number in _SIGNALS}
    try:
        try:
            yield screen
        except Exit:
            streams.flush()
            raise
        streams.flush()
    except NetproofError as error:
        _end(screen, error)
    except KeyboardInterrupt:
        screen.settle()
        streams.tell("Interrupted.")
        _document(screen, "interrupted", "")
        raise Exit(code=EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        raise Exit(code=0) from None
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        _end(screen, _unusable(error))
    finally:
        screen.settle()
        streams.give_up()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(screen: Screen, error: NetproofError) -> NoReturn:
    screen.settle()
    shown = NetproofError(program.named(error.problem), program.named(error.remedy))
    _document(screen, shown.problem, shown.remedy)
    _tell(shown)
    raise Exit(code=error.exit_code) from None


def _document(screen: Screen, problem: str, remedy: str) -> None:
    with suppress(OSError):  # it may be stdout that cannot be written
        screen.document({"error": {"problem": problem, "remedy": remedy}})
        streams.flush()


def _unusable(error: OSError) -> NetproofError:
    """A file that cannot be read or written, as an error of ours. A write to a full disk names no file."""
    if error.filename == streams.STDOUT:
        return NetproofError(f"stdout: {error.strerror}.", "Send it to where there is room for it.")
    folder = root()
    file = Path(os.fsdecode(error.filename2 or error.filename or folder))
    remedy = "Mend that, or name another file."
    if _is_of_history(file):
        remedy = "netproof keeps what was practised there: mend that, or name another folder by NETPROOF_DATA_DIR."
    elif file.is_relative_to(folder):
        remedy = f"netproof keeps its files in {folder}: mend that, or name another folder by NETPROOF_STATE_DIR."
    return NetproofError(f"{file}: {_reason(error, file)}.", remedy)


def _is_of_history(file: Path) -> bool:
    from netproof.practice import history  # noqa: PLC0415 - for what seldom happens

    try:
        return file in {history.path(), history.path().parent}
    except NetproofError:  # there is no place for it
        return False


def _reason(error: OSError, file: Path) -> str:
    """What is wrong. That a file "exists" is the system's word where a folder was to be made."""
    if error.errno != errno.EEXIST:
        return str(error.strerror)
    return "a file, not a folder" if file.exists() else "a link that leads nowhere"


def _tell(error: NetproofError) -> None:
    red, end = ("\033[31m", "\033[0m") if takes_colour(sys.stderr) else ("", "")
    width = width_of(sys.stderr)
    streams.tell(f"{red}{fold(error.problem, width, 0)}{end}\n{fold(error.remedy, width, 0)}")
