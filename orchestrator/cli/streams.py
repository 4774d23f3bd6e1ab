"""Standard streams that can be used, whatever netproof was started with: closed, full, or without Unicode."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STDOUT = "stdout"
_ERRORS = "netproof.plain"
# Lines, quotation marks, an ellipsis, arrows, a multiplication sign, and the marks of `invoke doctor`.
_PLAIN = {
    **dict.fromkeys("\u2500\u2501\u2550\u2013\u2014", "-"),
    **dict.fromkeys("\u2502\u2503\u2551", "|"),
    **dict.fromkeys("\u201c\u201d\u201e", '"'),
    **dict.fromkeys("\u2018\u2019", "'"),
    "\u2026": "...",
    "\u2192": "->",
    "\u2190": "<-",
    "\u00d7": "x",
    "\u00a0": " ",
    "\u2714": "+",
    "\u2718": "x",
    "\u00b7": "-",
}


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What an encoding lacks, in its nearest plain form."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    told = "".join(_PLAIN.get(each) or each.encode("ascii", "backslashreplace").decode() for each in text)
    return told, error.end


codecs.register_error(_ERRORS, _plain)


def prepare() -> None:
    """Have all three, each able to write any text."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it gets the lowest number that is free, which is this one
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # Python found it closed
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115, PTH123 - for as long as this process lives
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)


@contextmanager
def named() -> Iterator[None]:
    """Meanwhile what cannot be written to stdout is an error that says so: the system names no file with it."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or STDOUT
        raise


def flush() -> None:
    """Write out what is under way; OSError, with stdout for its file, when that fails."""
    with named():
        sys.stdout.flush()


def give_up() -> None:
    """Throw away what could not be written, so that nothing is tried, and told, once more when Python ends."""
    for stream, number in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, number)
                os.close(nothing)


def tell(text: str) -> None:
    """A line on stderr, if anybody takes it."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr)
