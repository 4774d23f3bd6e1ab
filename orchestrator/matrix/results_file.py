"""The results file: every finished cell, replaced whole after each."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import cattrs
from filelock import FileLock, Timeout

from netproof import __version__
from netproof.errors import Busy, UsageError
from netproof.matrix.records import Cell, Column, Key
from netproof.state import instance

FORMAT = 1
KIND = "netproof matrix"


def default_path() -> Path:
    """Where results are kept unless --results says otherwise."""
    return instance.root() / "matrix.json"


def _exact(value: Any, kind: type) -> Any:
    """cattrs makes text of anything; a damaged file should be noticed instead."""
    if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    return value


_CONVERTER = cattrs.Converter()
_CONVERTER.register_structure_hook(str, _exact)
_CONVERTER.register_structure_hook(float, _exact)


def as_json(cell: Cell) -> dict[str, Any]:
    """A cell as it is written: flat, the names one looks for first."""
    fields = attrs.asdict(cell)
    key, inputs = fields.pop("key"), fields.pop("inputs")
    return {
        "lab": key["lab"],
        "engine": key["column"]["engine"],
        "version": fields.pop("version"),
        "firewall": key["column"]["firewall"],
        "kernel": inputs["kernel"],
        "image": inputs["image"],
        "digest": inputs["lab"],
        **fields,
    }


def _from_json(raw: dict[str, Any]) -> Cell:
    fields = {name: raw[name] for name in raw.keys() & attrs.fields_dict(Cell).keys()}
    fields["key"] = {"lab": raw["lab"], "column": {"engine": raw["engine"], "firewall": raw["firewall"]}}
    fields["inputs"] = {"image": raw["image"], "kernel": raw["kernel"], "lab": raw["digest"]}
    return _CONVERTER.structure(fields, Cell)


def document(cells: Iterable[Cell], **more: Any) -> dict[str, Any]:
    """Cells as one document, with what else is to be told."""
    return {
        "kind": KIND,
        "format": FORMAT,
        "netproof": __version__,
        **more,
        "cells": [as_json(cell) for cell in cells],
    }


def read(path: Path, flag: str) -> dict[Key, Cell]:
    """The cells in a file. `flag` is what named it; raises UsageError for what is no such file."""
    try:
        raw = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _refused(flag, path, f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise _refused(flag, path, f"is damaged, or not JSON: {error}") from error
    if not isinstance(raw, dict) or raw.get("kind") != KIND:
        raise _refused(flag, path, "is not a results file of `invoke matrix`")
    if raw.get("format") != FORMAT:
        what = f"has format {raw.get('format')!r}, this netproof reads {FORMAT}"
        raise _refused(flag, path, f"{what} (it was written by netproof {raw.get('netproof', 'of unknown version')})")
    try:
        cells = [_from_json(item) for item in raw["cells"]]
    except Exception as error:  # whatever is wrong in a file is the file's fault, and is told as such
        raise _refused(flag, path, f"is damaged: {_reason(error)}") from error
    return {cell.key: cell for cell in cells}


def _reason(error: BaseException) -> str:
    """The innermost of what cattrs collects."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _refused(flag: str, path: Path, what: str) -> UsageError:
    return UsageError(f"{flag} {path} {what}.", "Name a file that `invoke matrix` wrote, or remove this one.")


def check_writable(path: Path, flag: str) -> None:
    """Raise UsageError where a file could not be written in the end."""
    if path.is_dir():
        raise UsageError(f"{flag} {path} is a directory.", f"Name a file in it: {flag} {path / 'matrix.json'}.")
    there = next(folder for folder in path.absolute().parents if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UsageError(f"{flag} {path} cannot be written.", f"Choose a place other than {there}.")


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else writes the file meanwhile. Raises Busy when somebody does."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    place = instance.root() / "locks" / f"matrix-{name}.lock"
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        remedy = "Wait for it to end, or write to another file with --results."
        raise Busy(f"Another `invoke matrix` is writing {path}.", remedy) from None
    try:
        yield
    finally:
        lock.release()


class Book:
    """The cells of a results file, and the file."""

    def __init__(self, path: Path, cells: dict[Key, Cell]) -> None:
        self.path = path
        self.cells = cells

    @classmethod
    def open(cls, path: Path) -> Book:
        """What is in the file; nothing when there is none yet."""
        check_writable(path, "--results")
        return cls(path, read(path, "--results") if path.exists() else {})

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop cells; they leave the file when the next one is written."""
        for key in keys:
            self.cells.pop(key, None)

    def add(self, *cells: Cell) -> None:
        """Keep finished cells, and write the file."""
        self.cells.update({cell.key: cell for cell in cells})
        found = [self.cells[key] for key in sorted(self.cells)]
        instance.write_atomically(self.path, json.dumps(document(found), indent=1) + "\n")


def columns(keys: Iterable[Key]) -> list[Column]:
    """The columns of cells, in the order in which they first come."""
    return list(dict.fromkeys(key.column for key in keys))
