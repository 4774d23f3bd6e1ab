"""A matrix, printed: what changed, what differs, what is the same, what failed, where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from netproof.cli.screen import Screen
from netproof.matrix import results_file
from netproof.matrix.compare import Changed, Comparison, Row, Stranger, rows
from netproof.matrix.records import FAILED, Cell, Claim, Column, summary

_COLOURS = {"proven": "green", "refuted": "magenta", "partly": "yellow", "depends": "cyan", "failed": "bold red"}
_LINES = 6
_LONG = 160


def show(screen: Screen, cells: Sequence[Cell], found: Comparison | None, against: str) -> None:
    """Everything there is to say about a run."""
    if found is not None:
        _changes(screen, found, against)
    columns = results_file.columns(cell.key for cell in cells)
    every = rows(cells)
    differing = [row for row in every if row.differs]
    same = [row for row in every if not row.differs]
    if len(columns) > 1:
        _heading(screen, f"differences: {len(differing)} of {len(every)} claims" if differing else "no differences")
    if differing:
        screen.rich(table(differing, columns))
        for row in differing:
            _detail(screen, row, columns)
        _heading(screen, "the same everywhere")
    if same:
        screen.rich(table(same, columns))
    _failures(screen, same)
    _errors(screen, cells)
    _unchecked(screen, cells)
    _summaries(screen, cells)
    _times(screen, cells)


def label(column: Column, among: Iterable[Column]) -> str:
    """A column's heading: the engine alone where all have the same firewall."""
    return str(column) if len({other.firewall for other in among}) > 1 else column.engine


def table(some: Sequence[Row], columns: Sequence[Column]) -> Any:
    """Claims by columns."""
    from rich import box  # noqa: PLC0415 - only commands with tables need it
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    found.add_column("claim", no_wrap=True, min_width=max((len(row.claim) for row in some), default=0))
    found.add_column("what is true", ratio=1)
    for column in columns:
        # Engine above firewall: six columns fit beside each other.
        heading = label(column, columns).replace(" ", "\n")
        found.add_column(heading, no_wrap=True, min_width=max(map(len, [*_words(some, column), *heading.split()])))
    lab = ""
    for row in some:
        if row.lab != lab:
            lab = row.lab
            found.add_row("", Text(lab, style="bold"))
        words = [word for column in columns for word in _words([row], column)]
        found.add_row(
            row.claim, Text(row.says.behaviour), *(Text(word, style=_COLOURS.get(word, "dim")) for word in words)
        )
    return found


def _words(some: Iterable[Row], column: Column) -> list[str]:
    """What stands in a column, row by row."""
    return [row.in_column[column].word if column in row.in_column else "-" for row in some]


def _printable(text: str) -> str:
    """Evidence may be bytes that are no text; those are kept in the results, and shown as question marks."""
    return text.encode("utf-8", "replace").decode()


def _heading(screen: Screen, text: str) -> None:
    screen.line(screen.colour(text, "bold"))


def _paragraph(screen: Screen, lines: Sequence[str], indent: int) -> None:
    for line in lines[:_LINES]:
        screen.line(f"{' ' * indent}{_printable(line if len(line) <= _LONG else f'{line[:_LONG]}…')}")
    if len(lines) > _LINES:
        screen.line(f"{' ' * indent}… {len(lines) - _LINES} more lines in the results")


def _detail(screen: Screen, row: Row, columns: Sequence[Column]) -> None:
    """What each engine did where they differ."""
    screen.line(f"  {row.claim}: {row.says.behaviour}")
    for group, claim in row.groups():
        names = ", ".join(label(column, columns) for column in group)
        screen.line(f"    {names}: {claim.word}")
        _paragraph(screen, claim.told(), 6)
    screen.line()


def _changes(screen: Screen, found: Comparison, against: str) -> None:
    """What is not as it was in an earlier matrix; first, because it is what was asked for."""
    if found.across:
        words = ", ".join(f"{before} → {after}" for before, after in found.pairs)
        screen.line(f"compared across: {words}")
    count = len(found.changed)
    _heading(screen, f"{count} {'change' if count == 1 else 'changes'} against {against}")
    for item in found.changed:
        _change(screen, item)
    for word, strangers in (("new", found.new), ("gone", found.gone)):
        for stranger in strangers:
            _stranger(screen, word, stranger)
    if found.unmatched:
        screen.line(f"  not in {against}: {', '.join(map(str, found.unmatched))}")
    screen.line()


def _change(screen: Screen, item: Changed) -> None:
    screen.line(f"  {item.lab} {item.claim}, {item.where}: {screen.colour(item.step, 'yellow')}")
    screen.line(f"    {item.after.behaviour}")
    for word, claim in (("before", item.before), ("now", item.after)):
        told = claim.told()
        if told:
            screen.line(f"    {word}:")
            _paragraph(screen, told, 6)


def _stranger(screen: Screen, word: str, stranger: Stranger) -> None:
    where = ", ".join(map(str, stranger.columns))
    screen.line(f"  {word}: {stranger.lab} {stranger.claim} ({where}): {' '.join(stranger.says.split())}")


def _failures(screen: Screen, same: Iterable[Row]) -> None:
    """Claims that fail in every column: those that differ have been told above."""
    for row in same:
        claim = row.says
        if claim.outcome == FAILED:
            _failure(screen, row, claim)


def _failure(screen: Screen, row: Row, claim: Claim) -> None:
    screen.line(screen.colour(_printable(f"{row.lab} {row.claim} failed: {claim.failure}"), "red"))
    for title, text in claim.evidence:
        screen.line(_printable(f"    {title}: " + "\n      ".join(text.splitlines())))


def _errors(screen: Screen, cells: Iterable[Cell]) -> None:
    for cell in cells:
        if cell.error:
            first, *rest = cell.error.splitlines()
            screen.line(screen.colour(f"{cell.key} could not be run: {first}", "red"))
            _paragraph(screen, rest, 4)


def _unchecked(screen: Screen, cells: Iterable[Cell]) -> None:
    told = {(cell.key.lab, name): why for cell in cells for name, why in cell.unchecked.items()}
    for (lab, name), why in told.items():
        screen.line(f"  not checked: {lab} {name}: {why}")


def _summaries(screen: Screen, cells: Sequence[Cell]) -> None:
    """One line a column, over all labs."""
    columns = results_file.columns(cell.key for cell in cells)
    for column in columns:
        mine = [cell for cell in cells if cell.key.column == column]
        version = next((cell.version for cell in mine if cell.version), "")
        text = summary(claim for cell in mine for claim in cell.claims)
        broken = sum(bool(cell.error) for cell in mine)
        more = f"; {broken} of {len(mine)} labs could not be run" if broken else ""
        screen.line(f"{column} ({version or 'unknown'}): {text}{more}")
    kernels = ", ".join(dict.fromkeys(cell.inputs.kernel for cell in cells))
    screen.line(f"on kernel {kernels} ({screen.elapsed:.1f} s)")


def _times(screen: Screen, cells: Iterable[Cell]) -> None:
    """Where the time went, a line a lab: the mean of its cells."""
    labs: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.complete:
            labs.setdefault(cell.key.lab, []).append(cell)
    if not labs:
        return
    found = [("LAB", "UP", "TEST", "DOWN", "CELL")]
    for lab, mine in labs.items():
        means = [fmean(getattr(cell.times, phase) for cell in mine) for phase in ("up", "test", "down")]
        means.append(fmean(cell.seconds for cell in mine))
        up, test, down, whole = (f"{mean:.1f} s" for mean in means)
        found.append((lab, up, test, down, whole))
    screen.columns(list(found))
