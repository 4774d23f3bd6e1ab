"""Around every command: errors become one clear message and an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from invoke import Exit

from netproof import program
from netproof.cli.screen import Screen
from netproof.errors import EXIT_INTERRUPTED, NetproofError
from netproof.state.instance import root

_OF_THE_DISK = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
    *(errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP),
}
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
    screen = Screen(json=json)
    before = {number: signal.signal(number, _terminate) for number in _SIGNALS}
    try:
        yield screen
    except NetproofError as error:
        _end(screen, error)
    except KeyboardInterrupt:
        screen.settle()
        print("Interrupted.", file=sys.stderr)
        screen.document({"error": {"problem": "interrupted", "remedy": ""}})
        raise Exit(code=EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        raise Exit(code=0) from None
    except OSError as error:
        if error.errno not in _OF_THE_DISK:
            raise
        _end(screen, _unusable(error))
    finally:
        screen.settle()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(screen: Screen, error: NetproofError) -> NoReturn:
    screen.settle()
    shown = NetproofError(program.named(error.problem), program.named(error.remedy))
    screen.document({"error": {"problem": shown.problem, "remedy": shown.remedy}})
    _tell(shown)
    raise Exit(code=error.exit_code) from None


def _unusable(error: OSError) -> NetproofError:
    """A file that cannot be read or written, as an error of ours. A write to a full disk names no file."""
    folder = root()
    file = Path(os.fsdecode(error.filename2 or error.filename or folder))
    remedy = "Mend that, or name another file."
    if file.is_relative_to(folder):
        remedy = f"netproof keeps its files in {folder}: mend that, or name another folder by NETPROOF_STATE_DIR."
    return NetproofError(f"{file}: {error.strerror}.", remedy)


def _tell(error: NetproofError) -> None:
    red, end = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}{error.problem}{end}\n{error.remedy}", file=sys.stderr)
