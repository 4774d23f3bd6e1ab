"""Around every command: errors become one clear message and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from invoke import Exit

from orchestrator.cli.screen import Screen
from orchestrator.errors import EXIT_INTERRUPTED, NetproofError

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
        screen.settle()
        screen.document({"error": {"problem": error.problem, "remedy": error.remedy}})
        _tell(error)
        raise Exit(code=error.exit_code) from None
    except KeyboardInterrupt:
        screen.settle()
        print("Interrupted.", file=sys.stderr)
        screen.document({"error": {"problem": "interrupted", "remedy": ""}})
        raise Exit(code=EXIT_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        raise Exit(code=0) from None
    finally:
        screen.settle()
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(error: NetproofError) -> None:
    red, end = ("\033[31m", "\033[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}{error.problem}{end}\n{error.remedy}", file=sys.stderr)
