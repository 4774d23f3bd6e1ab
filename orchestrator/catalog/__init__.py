"""Finds labs: the folders under `labs` that hold a lab.py. bridge-nat on the command line is labs/bridge_nat."""

from __future__ import annotations

import contextlib
import importlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from netproof.errors import DefinitionError, UnknownName
from netproof.model import Lab, Practice, WalkCase
from netproof.paths import HOME, LABS, lab_names


def names() -> list[str]:
    """The labs there are, in alphabetical order."""
    return lab_names(LABS)


def folder(name: str) -> Path:
    """The folder of a lab, or UnknownName with the nearest match."""
    if name not in names():
        raise UnknownName("lab", name, names())
    return LABS / name.replace("-", "_")


def _where(error: BaseException) -> str:
    """File and line of the definition that raised, for the error message."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename).resolve()
        if LABS in path.parents:
            return f"{path.relative_to(HOME)}:{frame.lineno}"
    return ""


def _module(name: str, part: str) -> ModuleType:
    path = folder(name)
    try:
        # What a definition prints is no result of the command that reads it.
        with contextlib.redirect_stdout(sys.stderr):
            return importlib.import_module(f"netproof.labs.{path.name}.{part}")
    except DefinitionError as error:
        raise error.located(_where(error)) from None
    except Exception as error:  # whatever a definition raises is the definition's fault, and is told as such
        where = _where(error) or f"labs/{path.name}/{part}.py"
        raise DefinitionError(part, name, f"{type(error).__name__}: {error}", "Mend the definition.", where) from error


def load(name: str) -> Lab:
    """The definition of a lab. Raises UnknownName or DefinitionError (with file and line)."""
    lab = getattr(_module(name, "lab"), "LAB", None)
    where = f"labs/{folder(name).name}/lab.py"
    if not isinstance(lab, Lab):
        raise DefinitionError("LAB", lab, "lab.py must set LAB to a Lab", "See CONTRIBUTING.md.", where)
    if lab.name != name:
        raise DefinitionError("name", lab.name, f"the folder says {name}", f"Name it {name!r}.", where)
    return lab


def _given(name: str, part: str, constant: str, otherwise: Any) -> Any:
    """A constant of one of a lab's files, both of which may be missing."""
    if not (folder(name) / f"{part}.py").exists():
        return otherwise
    return getattr(_module(name, part), constant, otherwise)


def practice(name: str) -> Practice:
    """The checks and faults beside a lab, in checks.py and faults.py. Raises UnknownName or DefinitionError."""
    lab = load(name)
    where = f"labs/{folder(name).name}/faults.py"
    try:
        found = Practice(
            checks=_given(name, "checks", "CHECKS", ()),
            faults=_given(name, "faults", "FAULTS", ()),
            decoys=_given(name, "faults", "DECOYS", ()),
            together=_given(name, "faults", "TOGETHER", ()),
            alike=_given(name, "faults", "ALIKE", ()),
            unbroken=_given(name, "faults", "UNBROKEN", {}),
        )
    except DefinitionError as error:
        raise (error if error.where else error.located(where)) from None
    for part, place in _places(found):
        if place.rpartition("@")[2] not in lab.places:
            raise DefinitionError(part, place, "no place of the lab", f"One of {', '.join(lab.places)}.", where)
    return found


def _places(found: Practice) -> Iterator[tuple[str, str]]:
    """(what names it, the place) of every place that checks and faults speak of."""
    for check in found.checks:
        yield f"at of check {check.id}", check.at
    for fault in found.faults:
        yield f"at of fault {fault.name}", fault.at
        for step in (*fault.change.inject, *fault.change.took, *fault.change.undo, *fault.repair):
            yield f"a step of fault {fault.name}", step.at
    yield from ((f"at of decoy {decoy.id}", decoy.at) for decoy in found.decoys)


def walks(name: str) -> tuple[WalkCase, ...]:
    """The walk cases beside a lab, in walks.py. Raises UnknownName or DefinitionError."""
    lab = load(name)
    where = f"labs/{folder(name).name}/walks.py"
    found = tuple(_given(name, "walks", "WALKS", ()))
    known = {fault.id for fault in practice(name).faults}
    for number, case in enumerate(found):
        if not isinstance(case, WalkCase):
            raise DefinitionError("WALKS", case, "is no WalkCase", "See CONTRIBUTING.md.", where)
        if case.id in known or case.id in {one.id for one in found[:number]}:
            raise DefinitionError("walk", case.id, "is there twice, or a fault's id", "Give it its own id.", where)
    for part, place in _places_walked(found):
        if place not in lab.places:
            raise DefinitionError(part, place, "no place of the lab", f"One of {', '.join(lab.places)}.", where)
    return found


def _places_walked(found: Iterable[WalkCase]) -> Iterator[tuple[str, str]]:
    """(what names it, the place) of every place that walk cases speak of."""
    for case in found:
        yield f"source of walk {case.id}", case.source
        if case.at:
            yield f"at of walk {case.id}", case.at
        for step in (*case.change.inject, *case.change.took, *case.change.undo):
            yield f"a step of walk {case.id}", step.at


def all_labs() -> Iterator[Lab]:
    """Every lab, loaded."""
    return (load(name) for name in names())
