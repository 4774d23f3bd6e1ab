"""A claim on a page: what is documented, what is true, a verdict for each engine, and its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen

from netproof.catalog import claims
from netproof.catalog.claims import Declared
from netproof.handbook.plain_text import anchor, line, plain
from netproof.matrix.compare import Row
from netproof.matrix.records import PASSED, Claim, Column
from netproof.matrix.tables import numbers
from netproof.paths import HOME

NOT_RUN = "not run"


@frozen
class Chip:
    """A verdict as it is shown: the word, the flavours of iptables where they differ, and the evidence it leads to."""

    word: str
    on: str = ""
    to: str = ""

    @property
    def look(self) -> str:
        """Its class in the style sheet."""
        return anchor(self.word)


@frozen
class Seen:
    """What was seen in columns that agree to the letter: why it failed or was skipped, and evidence (title, text)."""

    anchor: str
    columns: str
    word: str
    failure: str
    evidence: Sequence[tuple[str, str]]

    @property
    def look(self) -> str:
        """As that of its chip."""
        return anchor(self.word)


@frozen
class Proof:
    """The test behind a claim: its file and line, and its source."""

    where: str
    code: str


@frozen
class Entry:
    """One claim of a lab; without `seen` it was not run, and what is true is only what the test declares."""

    id: str
    lab: str
    says: str
    behaviour: str
    source: str
    chips: dict[str, list[Chip]] = field(factory=dict)
    seen: Sequence[Seen] = ()
    proof: Proof | None = None
    advice: str = ""

    @property
    def anchor(self) -> str:
        """Its id on its lab's page."""
        return anchor(self.id)

    @property
    def word(self) -> str:
        """The verdict where it was run, when there is one: else `differs`, or that it was not run."""
        words = {chip.word for chips in self.chips.values() for chip in chips} - {NOT_RUN}
        return (words.pop() if len(words) == 1 else "differs") if words else NOT_RUN


def entries(lab: str, rows: Sequence[Row], engines: Iterable[str]) -> list[Entry]:
    """The claims of a lab in order: those that were run, and those that are declared and were not."""
    known = list(engines)
    proofs = {claim.id: claim for claim in claims.claims(lab)}
    found = [_ran(row, known, proofs.get(row.says.id)) for row in rows]
    ran = {row.says.id for row in rows}
    found += [_not_run(lab, claim, known) for claim in proofs.values() if claim.id not in ran]
    return sorted(found, key=lambda entry: numbers(entry.id))


def _ran(row: Row, engines: Iterable[str], claim: Declared | None) -> Entry:
    seen, where = _seen(row)
    return Entry(
        id=_id(row.claim),
        lab=row.lab,
        says=line(row.says.says),
        behaviour=line(row.says.behaviour),
        source=_link(row.says.source),
        chips={engine: _chips(row, engine, where) for engine in engines},
        seen=seen,
        proof=_proof(claim) if claim else None,
        advice=claim.advice if claim else "",
    )


def _not_run(lab: str, claim: Declared, engines: Iterable[str]) -> Entry:
    chips = {engine: [Chip(NOT_RUN)] for engine in engines}
    return Entry(
        claim.id, lab, line(claim.says), claim.behaviour, _link(claim.source), chips=chips, proof=_proof(claim)
    )


def _proof(claim: Declared) -> Proof:
    return Proof(f"{claim.path.relative_to(HOME)}:{claim.line}", claim.code)


def _id(name: str) -> str:
    """An id as ids are, whatever a file says: it becomes a heading, and is searched for."""
    return re.sub(r"[^a-zA-Z0-9.() -]", "_", name)


def _link(source: str) -> str:
    return line(source) if source.startswith(("https://", "http://")) else ""


def _alike(claim: Claim) -> tuple[object, ...]:
    return claim.word, claim.failure, claim.evidence


def _seen(row: Row) -> tuple[list[Seen], dict[Column, str]]:
    """Columns that agree to the letter, together; and where each column's evidence is."""
    groups: dict[tuple[object, ...], list[Column]] = {}
    for column in sorted(row.in_column, reverse=True):
        groups.setdefault(_alike(row.in_column[column]), []).append(column)
    found: list[Seen] = []
    where: dict[Column, str] = {}
    for columns in groups.values():
        claim = row.in_column[columns[0]]
        name = anchor(f"{row.claim} on {columns[0]}")
        where |= dict.fromkeys(columns, name)
        evidence = [(line(title), plain(text)) for title, text in claim.evidence]
        failure = "" if claim.outcome == PASSED else plain(claim.failure)
        found.append(Seen(name, ", ".join(map(str, columns)), claim.word, failure, evidence))
    return found, where


def _chips(row: Row, engine: str, where: Mapping[Column, str]) -> list[Chip]:
    here = {column: claim for column, claim in row.in_column.items() if column.engine == engine}
    words = {claim.word for claim in here.values()}
    if not here:
        return [Chip(NOT_RUN)]
    if len(words) == 1:
        return [Chip(words.pop(), to=where[max(here)])]
    return [Chip(claim.word, column.firewall, where[column]) for column, claim in sorted(here.items(), reverse=True)]
