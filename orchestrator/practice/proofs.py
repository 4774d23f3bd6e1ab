"""Which faults were proven on this machine, on which engine: kept until the fault or its lab's checks change."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from netproof.model import Fault, Practice
from netproof.state import instance

Proofs = dict[str, dict[str, str]]


def _path() -> Path:
    return instance.root() / "proofs.json"


def _read() -> Proofs:
    try:
        found = json.loads(_path().read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _mark(lab: str, practice: Practice, fault: Fault) -> str:
    """What a proof is about."""
    about = hashlib.sha256(repr((practice.checks, fault)).encode()).hexdigest()[:16]
    return f"{lab} {fault.name} {about}"


def remember(lab: str, practice: Practice, fault: Fault, engine: str) -> None:
    """A fault was proven on an engine."""
    known = _read()
    known.setdefault(_mark(lab, practice, fault), {})[engine] = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    instance.write_atomically(_path(), json.dumps(known, indent=1))


def proven(lab: str, practice: Practice) -> dict[str, list[str]]:
    """{engine: names of the faults that were proven on it as they are now declared}."""
    known = _read()
    found: dict[str, list[str]] = {}
    for fault in practice.faults:
        for engine in known.get(_mark(lab, practice, fault), {}):
            found.setdefault(engine, []).append(fault.name)
    return dict(sorted(found.items()))
