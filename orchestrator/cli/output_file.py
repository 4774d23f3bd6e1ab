"""Files that users name for what a command makes: whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from netproof.errors import HostDied, NetproofError, UsageError

OF_THE_DISK = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOENT),
    *(errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP),
}
"""Errors of the system about files that a user can do something about."""


def refuse_unusable(target: str | Path, flag: str) -> None:
    """UsageError for what cannot become a file, before anything is done for it."""
    path = Path(target)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UsageError(
            f"{target} cannot be written: no such folder, or a folder itself.", f"Name a file: {flag} FILE."
        )


@contextmanager
def written(target: str | Path, flag: str) -> Iterator[IO[bytes]]:
    """A file to write, which takes its name when it is complete, or when its lab host died: what was seen counts.

    A link stays one, and what is no regular file (/dev/null, a named pipe) is written to as it is.
    NetproofError with `flag`, which named it, when that fails.
    """
    path = Path(os.path.realpath(target))
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as file:
                yield file
        else:
            with _replaced(path) as file:
                yield file
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        raise NetproofError(
            f"{target} cannot be written: {error.strerror}.", f"Mend that, or name another file: {flag} FILE."
        ) from error


@contextmanager
def _replaced(path: Path) -> Iterator[IO[bytes]]:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except HostDied:
        _named(temporary, path)
        raise
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _named(temporary, path)


def _named(temporary: str, path: Path) -> None:
    """Give a complete file its name, and the rights that other new files have."""
    mask = os.umask(0)
    os.umask(mask)
    Path(temporary).chmod(0o666 & ~mask)
    Path(temporary).replace(path)
