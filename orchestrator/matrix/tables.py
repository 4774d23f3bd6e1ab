"""What a results file says in tables: claims in their order, words by engine, what the results are about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from netproof.matrix.compare import Row, rows
from netproof.matrix.records import SKIPPED, Cell


def numbers(claim: str) -> tuple[int, list[int]]:
    """Sorts ids of claims: by question, then number; then follow-ups, then what the document does not say."""
    return "qfb".find(claim[:1]), [int(number) for number in re.findall(r"\d+", claim)]


def in_order(cells: Iterable[Cell]) -> list[Row]:
    """The claims of cells, in the order of their ids."""
    return sorted(rows(cells), key=lambda row: numbers(row.claim))


def by_engine(row: Row) -> dict[str, str]:
    """{engine: word} of a claim; "absent or proven" where the flavours of iptables differ."""
    found: dict[str, set[str]] = {}
    for column, claim in row.in_column.items():
        found.setdefault(column.engine, set()).add(claim.word)
    return {engine: " or ".join(sorted(words)) for engine, words in sorted(found.items(), key=_release)}


def same_word(row: Row) -> str:
    """The word that all engines have for a claim, or nothing where they differ."""
    words = set(by_engine(row).values())
    return words.pop() if len(words) == 1 else ""


def skipped(found: Iterable[Row]) -> dict[str, str]:
    """{claim: why} of what was skipped in some column."""
    ran = [(row.claim, claim) for row in found for claim in row.in_column.values()]
    return {name: claim.failure for name, claim in ran if claim.outcome == SKIPPED}


def unchecked(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    """(statement, why) of what the labs say cannot be checked."""
    return sorted({item for cell in cells for item in cell.unchecked.items()}, key=lambda item: numbers(item[0]))


def _release(named: tuple[str, object]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", named[0])]


@frozen
class About:
    """What results are about: {engine: exact version}, flavours of iptables, kernels, and the days they are from."""

    versions: dict[str, str]
    firewalls: Sequence[str]
    kernels: Sequence[str]
    days: Sequence[str]

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> About:
        """Of these cells."""
        known = list(cells)
        versions: dict[str, set[str]] = {}
        for cell in known:
            versions.setdefault(cell.key.column.engine, set()).add(cell.version)
        return cls(
            {engine: ", ".join(sorted(found)) for engine, found in sorted(versions.items(), key=_release)},
            sorted({cell.key.column.firewall for cell in known}, reverse=True),
            sorted({cell.inputs.kernel for cell in known}),
            sorted({cell.when[:10] for cell in known if cell.when}),
        )

    def __str__(self) -> str:
        firewalls = " and ".join(f"iptables-{name}" for name in self.firewalls)
        return f"Engines {', '.join(self.versions.values())}; {firewalls}; kernel {', '.join(self.kernels)}."
