"""Files about instances, in the user's state directory. They are a cache: labels are the truth.

Each instance has a folder: `state.json` (what was built and how), `baseline.json` (the snapshot taken
after `up`), `results.json` (the last verdicts), `journal.jsonl`. Files are replaced whole, so a
crash leaves either the old or the new one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from netproof.errors import UsageError
from netproof.state import folders, labels

_LAB = re.compile(r"[a-z][a-z0-9-]{0,30}")
_INSTANCE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,30}")


def base() -> Path:
    """Where netproof keeps what all owners share: NETPROOF_STATE_DIR, or the user's state directory."""
    override = os.environ.get("NETPROOF_STATE_DIR")
    return Path(override) if override else _usual()


def root() -> Path:
    """Where netproof keeps the files of one owner: a folder of their own for each that NETPROOF_OWNER names."""
    return base() / "owners" / labels.mark() if os.environ.get("NETPROOF_OWNER") else base()


def _usual() -> Path:
    return folders.of_user("state")


def is_usual() -> bool:
    """Whether `base()` is the user's state directory, also where NETPROOF_STATE_DIR names just that one."""
    return base().absolute() == _usual()


def write_atomically(path: Path, text: str) -> None:
    """Replace a file as a whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:  # of a full disk the system names no file, and else the one that was to become this one
        if error.filename2 is None and (error.filename is None or Path(error.filename).parent == path.parent):
            error.filename = os.fspath(path)
        raise


@frozen
class Instance:
    """One copy of a lab: the lab's name, and what tells it from other copies (empty for the usual one)."""

    lab: str
    tag: str = ""

    @classmethod
    def named(cls, lab: str, tag: str | None) -> Instance:
        """Check what was typed: both words become part of a path that `down` removes."""
        if not _LAB.fullmatch(lab):
            raise UsageError(f"{lab!r} is not the name of a lab.", "`invoke labs` lists them.")
        if tag and not _INSTANCE.fullmatch(tag):
            raise UsageError(
                f"--as {tag!r} is not a name for an instance.",
                "Use small letters, digits, '.', '_' and '-', 31 at most: --as second.",
            )
        return cls(lab, tag or "")

    def __str__(self) -> str:
        return f"{self.lab}@{self.tag}" if self.tag else self.lab

    @property
    def slug(self) -> str:
        """The instance in names of containers and folders; '@' is not allowed there, '.' not in lab names."""
        return f"{self.lab}.{self.tag}" if self.tag else self.lab

    @property
    def arguments(self) -> str:
        """How the instance is typed: `bridge-nat --as second`."""
        return f"{self.lab} --as {self.tag}" if self.tag else self.lab

    @property
    def folder(self) -> Path:
        """Where the instance's files are."""
        return root() / "instances" / self.slug

    def read(self, name: str) -> Any:
        """The JSON document `name`, or None when it is missing or damaged: files are only a cache."""
        try:
            return json.loads((self.folder / name).read_text())
        except (OSError, ValueError):
            return None

    def write(self, name: str, document: Any) -> None:
        """Replace the JSON document `name`."""
        write_atomically(self.folder / name, json.dumps(document, separators=(",", ":")))

    def drop(self, name: str) -> None:
        """Remove the document `name`; none is fine."""
        (self.folder / name).unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove the instance's files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def remembered() -> Iterator[Instance]:
    """Instances that have files, whether or not anything of them is running."""
    base = root() / "instances"
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        lab, _, tag = path.name.partition(".")
        yield Instance(lab, tag)
