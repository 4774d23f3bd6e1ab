"""What differs: between the columns of one matrix, and between a matrix and an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import field, frozen

from netproof.errors import UsageError
from netproof.matrix.records import Cell, Claim, Column, Key

Cells = Mapping[Key, Cell]
Pair = tuple[Column, Column]


@frozen
class Row:
    """One claim in every column in which it ran."""

    lab: str
    claim: str
    in_column: dict[Column, Claim]

    @property
    def says(self) -> Claim:
        """The claim in any column, for what is the same in all."""
        return next(iter(self.in_column.values()))

    @property
    def differs(self) -> bool:
        """Whether not all columns have the same verdict or outcome."""
        return len({_state(claim) for claim in self.in_column.values()}) > 1

    def groups(self) -> list[tuple[list[Column], Claim]]:
        """Columns that agree, with the claim as it came out in the first of them."""
        found: dict[tuple[str, str], list[Column]] = {}
        for column, claim in self.in_column.items():
            found.setdefault(_state(claim), []).append(column)
        return [(columns, self.in_column[columns[0]]) for columns in found.values()]


def _state(claim: Claim) -> tuple[str, str]:
    return claim.verdict, claim.outcome


def rows(cells: Iterable[Cell]) -> list[Row]:
    """The claims of cells, lab by lab, in the order in which the first cell of a lab has them."""
    found: dict[tuple[str, str], Row] = {}
    # Stable: labs stay in the order given, and so do claims.
    for cell in cells:
        for name, claim in cell.named().items():
            row = found.setdefault((cell.key.lab, name), Row(cell.key.lab, name, {}))
            row.in_column[cell.key.column] = claim
    labs = list(dict.fromkeys(row.lab for row in found.values()))
    return sorted(found.values(), key=lambda row: labs.index(row.lab))


@frozen
class Changed:
    """A claim whose verdict or outcome is not what it was."""

    lab: str
    claim: str
    was_in: Column
    is_in: Column
    before: Claim
    after: Claim

    @property
    def where(self) -> str:
        """The column, or both where an engine is compared with another."""
        return str(self.is_in) if self.was_in == self.is_in else f"{self.was_in} → {self.is_in}"

    @property
    def step(self) -> str:
        """Before → after, with the verdict where both are, say, FAILED."""
        words = [self.before.word, self.after.word]
        if words[0] == words[1]:
            words = [f"{claim.word} ({claim.verdict})" for claim in (self.before, self.after)]
        return " → ".join(words)


@frozen
class Stranger:
    """A claim that only one of two matrices has, and the columns in which it is alone."""

    lab: str
    claim: str
    says: str
    columns: list[Column] = field(factory=list)


@frozen
class Comparison:
    """A matrix against an earlier one: what was compared, and what came out."""

    pairs: list[Pair]
    changed: list[Changed]
    new: list[Stranger]
    gone: list[Stranger]
    unmatched: list[Column]

    @property
    def across(self) -> bool:
        """Whether an engine was compared with another."""
        return any(before != after for before, after in self.pairs)


def pairs(before: Sequence[Column], now: Sequence[Column]) -> list[Pair]:
    """Which column is compared with which: each with its like; where there is none alike, one engine with the other.

    Raises UsageError when neither is possible.
    """
    alike = [(column, column) for column in now if column in before]
    if alike:
        return alike
    if len({column.engine for column in before}) == len({column.engine for column in now}) == 1:
        across = [(was, this) for this in now for was in before if was.firewall == this.firewall]
        if across or len(before) == len(now) == 1:
            return across or [(before[0], now[0])]
    has, asked = (", ".join(map(str, columns)) or "no cell" for columns in (before, now))
    raise UsageError(
        f"--against: the file has {has}, and this run is about {asked}: there is nothing to compare.",
        "Choose --engines and --firewalls that the file has, or a file and a run of one engine each.",
    )


def against(before: Cells, now: Cells, compared: Sequence[Pair], labs: Iterable[str]) -> Comparison:
    """Compare finished cells with earlier ones, for some labs; a cell that could not be built says nothing."""
    changed: list[Changed] = []
    new: dict[tuple[str, str], Stranger] = {}
    gone: dict[tuple[str, str], Stranger] = {}
    for lab in dict.fromkeys(labs):
        for was_in, is_in in compared:
            after = now.get(Key(lab, is_in))
            if after is not None and after.error:
                continue
            old, young = _claims(before.get(Key(lab, was_in))), _claims(after)
            changed += [
                Changed(lab, name, was_in, is_in, old[name], claim)
                for name, claim in young.items()
                if name in old and _state(old[name]) != _state(claim)
            ]
            _note(new, lab, young, old, is_in)
            _note(gone, lab, old, young, was_in)
    matched = {column for _, column in compared}
    unmatched = [column for column in dict.fromkeys(key.column for key in now) if column not in matched]
    return Comparison(list(compared), changed, list(new.values()), list(gone.values()), unmatched)


def _claims(cell: Cell | None) -> dict[str, Claim]:
    return cell.named() if cell is not None else {}


def _note(
    into: dict[tuple[str, str], Stranger], lab: str, ours: dict[str, Claim], theirs: dict[str, Claim], column: Column
) -> None:
    for name in ours.keys() - theirs.keys():
        into.setdefault((lab, name), Stranger(lab, name, ours[name].behaviour)).columns.append(column)
