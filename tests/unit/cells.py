"""Cells of a matrix, made up, for the tests of what is done with them."""

from __future__ import annotations

from typing import Any

import attrs

from netproof.matrix.records import Cell, Claim, Column, Inputs, Key, claim_from

OLD, MIDDLE, NEW = Column("20.10", "nft"), Column("26.1", "nft"), Column("28.5", "nft")
LEGACY = Column("26.1", "legacy")
INPUTS = Inputs("sha256:1", "6.1", "abc")
TRUE = claim_from(
    {
        "id": "q1.1",
        "says": "the packet is dropped",
        "behaviour": "The host sends nothing on.",
        "verdict": "proven",
        "outcome": "passed",
        "failure": "",
        "seconds": 1.5,
        "evidence": [["counter", "3 packets\n4 packets"], ["rule", "-j DROP"]],
    }
)
FALSE = attrs.evolve(TRUE, verdict="refuted", evidence=(("seen", "it was forwarded"),))
BROKEN = attrs.evolve(TRUE, outcome="failed", failure="expected 1\nfound 2")
LEFT_OUT = attrs.evolve(TRUE, outcome="skipped", failure="no IPv6 here")


def cell(column: Column, *claims: Claim, lab: str = "bridge-nat", **more: Any) -> Cell:
    """A finished cell."""
    known = {"version": f"{column.engine}.5", "when": "2030-01-02T03:04:05Z", "seconds": 4.0, "inputs": INPUTS}
    return Cell(**{"key": Key(lab, column), "claims": claims, **known, **more})


def by_key(*cells: Cell) -> dict[Key, Cell]:
    """Cells as a file has them."""
    return {item.key: item for item in cells}


def other(claim: Claim, name: str) -> Claim:
    """The same claim by another name."""
    return attrs.evolve(claim, id=name)
