"""`invoke matrix`: claims by engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen
from invoke import Exit

from netproof import catalog
from netproof.cli import matrix_report, output_file
from netproof.cli.common import Options
from netproof.cli.matrix_progress import Following
from netproof.cli.screen import Screen
from netproof.engine import location, placement
from netproof.errors import EXIT_CLAIM_FAILED, UsageError
from netproof.hosts.backend_choice import engines as engines_here
from netproof.hosts.backend_choice import hosts as hosts_here
from netproof.matrix import compare as comparing
from netproof.matrix import junit_xml, results_file, selection
from netproof.matrix.cell_process import Run
from netproof.matrix.compare import Cells, Comparison
from netproof.matrix.pool import Ended, Pool, Task
from netproof.matrix.records import Cell, Inputs, Key
from netproof.matrix.ticket import Ticket


@frozen
class _Asked:
    """A command line that has been understood; `base` is the engine that others are compared with, if one was named."""

    keys: list[Key]
    hosts: Mapping[str, int]
    results: Path
    junit: Path | None
    markdown: Path | None
    base: str
    earlier: Cells | None
    pairs: list[comparing.Pair]
    every_lab: bool
    jobs: str
    fresh: bool

    @property
    def largest(self) -> int:
        """The lab hosts of the largest lab."""
        return max(self.hosts.values())


@frozen
class Outcome:
    """The cells of a run, and those of them that had not to be run again."""

    cells: list[Cell]
    kept: list[Key]


def run(screen: Screen, options: Options, *, fresh: bool) -> None:
    """Run cells as needed, print claims by engines, and what differs; exit 1 for failures and changes."""
    asked = _understood(options, fresh=fresh)
    with results_file.held(asked.results):
        outcome = _run(screen, asked, results_file.Book.open(asked.results))
    before, after = _sides(asked, outcome)
    found = None if before is None else comparing.against(before, after, asked.pairs, _labs(asked))
    if asked.junit:
        with output_file.written(asked.junit, "--junit") as file:
            file.write(junit_xml.text(outcome.cells).encode())
    if asked.markdown and found and before:
        with output_file.written(asked.markdown, "--markdown") as file:
            file.write(Ticket.of(found, before, after.values()).text().encode())
    matrix_report.show(screen, outcome.cells, found, f"engine {asked.base}" if asked.base else options["against"])
    _end(screen, asked, outcome)
    screen.document(_document(outcome, found))
    if any(cell.failed for cell in outcome.cells) or (found and found.changed):
        raise Exit(code=EXIT_CLAIM_FAILED)


def _understood(options: Options, *, fresh: bool) -> _Asked:
    """Everything that can be wrong with a command line is told before anything is built."""
    here = engines_here()
    base = options["against"] if options["against"] in here else ""
    wanted = options["engines"] or (",".join(selection.newer(base, here)) if base else "")
    keys = selection.keys(options["labs"], wanted, options["firewalls"], here)
    compared = [] if not base else selection.keys(options["labs"], base, options["firewalls"], here)
    now = [key for key in keys if key not in compared]
    keys = [*compared, *now]
    hosts = {name: len(catalog.load(name).hosts) for name in dict.fromkeys(key.lab for key in keys)}
    selection.jobs(options["jobs"], len(keys), 1)
    results = Path(options["results"]) if options["results"] else results_file.default_path()
    report = Path(options["junit"]) if options["junit"] else None
    if report:
        results_file.check_writable(report, "--junit")
    if results.exists():
        results_file.read(results, "--results")
    ticket = Path(options["markdown"]) if options["markdown"] else None
    if ticket:
        results_file.check_writable(ticket, "--markdown")
        if not options["against"]:
            what = "--markdown writes what has changed, and nothing says since when."
            raise UsageError(what, "Name an engine or a results file: --against 26.1.")
    earlier, pairs = None, []
    if base:
        pairs = _across(compared, now)
    elif options["against"]:
        earlier = results_file.read(Path(options["against"]), "--against")
        there = results_file.columns(cell.key for cell in earlier.values() if cell.complete)
        pairs = comparing.pairs(there, results_file.columns(keys))
    every_lab = not options["labs"].strip(", ")
    jobs = options["jobs"]
    return _Asked(keys, hosts, results, report, ticket, base, earlier, pairs, every_lab, jobs, fresh)


def _across(compared: list[Key], now: list[Key]) -> list[comparing.Pair]:
    """One engine beside each of the others, flavour by flavour. Raises UsageError where there is no other."""
    was = results_file.columns(compared)
    found = [(one, this) for this in results_file.columns(now) for one in was if one.firewall == this.firewall]
    if not found:
        raise UsageError(
            f"--against {was[0].engine}: it cannot be compared with itself.",
            "Name another with --engines, or a results file of an earlier run with --against.",
        )
    return found


def _run(screen: Screen, asked: _Asked, results: results_file.Book) -> Outcome:
    """Bring the results up to date for the cells asked for."""
    inputs = _inputs(screen, asked.keys)
    if asked.fresh:
        results.forget(asked.keys)
    pending = selection.pending(inputs, results.cells)
    kept = [key for key in asked.keys if key not in pending]
    if kept:
        screen.say(f"unchanged and not run again: {len(kept)} of {len(asked.keys)} cells (--fresh runs them)")
    known = [*(asked.earlier or {}).values(), *results.cells.values()]
    expected = selection.expected(pending, asked.hosts, known)
    if expected:
        _fill(screen, asked, results, expected, inputs)
    return Outcome([results.cells[key] for key in asked.keys], kept)


def _inputs(screen: Screen, keys: list[Key]) -> dict[Key, Inputs]:
    """What each cell depends on. Images that are missing are built, one after the other."""
    here = hosts_here()
    kernel = here.kernel()
    placement.remember(location.current())
    most = max(len(catalog.load(name).hosts) for name in {key.lab for key in keys})
    engines = dict.fromkeys(key.column.engine for key in keys)
    found = {name: here.prepare(name, most, screen.say).image for name in engines}
    digests = {name: selection.lab_digest(name) for name in {key.lab for key in keys}}
    return {key: Inputs(found[key.column.engine], kernel, digests[key.lab]) for key in keys}


def _fill(
    screen: Screen,
    asked: _Asked,
    results: results_file.Book,
    expected: Mapping[Key, float],
    inputs: Mapping[Key, Inputs],
) -> None:
    """Run cells, which are expected to take so many seconds each, and keep each as soon as it has ended."""
    order = list(expected)

    def begin(key: Key, say: Callable[[str], None]) -> Task:
        run = Run(key, inputs[key], say)
        return run, run.stop

    most = hosts_here().at_once
    jobs = min(selection.jobs(asked.jobs, len(order), asked.largest), most or len(order))
    with Following(screen, expected, jobs) as following:
        pool = Pool(jobs, begin, following.stopping)
        try:
            with pool.running(order) as events:
                for event in events:
                    if isinstance(event, Ended):
                        results.add(event.cell)
                    following(event)
        except BaseException:
            # What ended while the others were being stopped, or while the file was being written.
            if pool.ended:
                results.add(*pool.ended)
            raise


def _sides(asked: _Asked, outcome: Outcome) -> tuple[Cells | None, Cells]:
    """What it was before, None where nothing is compared, and what it is now."""
    cells = {cell.key: cell for cell in outcome.cells}
    if not asked.base:
        return asked.earlier, cells
    was = {key: cell for key, cell in cells.items() if key.column.engine == asked.base}
    return was, {key: cell for key, cell in cells.items() if key not in was}


def _labs(asked: _Asked) -> list[str]:
    """The labs that are compared."""
    labs = list(asked.hosts)
    if asked.every_lab and asked.earlier is not None:
        labs += sorted({key.lab for key in asked.earlier})
    return labs


def _end(screen: Screen, asked: _Asked, outcome: Outcome) -> None:
    """Where things are, and what to type next."""
    screen.line(f"  results: {asked.results}")
    if asked.junit:
        screen.line(f"  JUnit: {asked.junit}")
    if asked.markdown:
        screen.line(f"  for a ticket: {asked.markdown}")
    worth = _worth_a_look(outcome.cells)
    commands = [f"invoke lab up {worth.lab} --engine {worth.column.engine} --firewall {worth.column.firewall}"]
    if not asked.pairs:
        # Another file, so that an interrupted run does not change what it is compared with.
        newer = asked.results.with_stem(f"{asked.results.stem}-new")
        commands.append(f"invoke matrix --against {asked.results} --results {newer}")
    screen.next(*commands)


def _worth_a_look(cells: list[Cell]) -> Key:
    """The first cell that failed, else one that differs from the others."""
    odd = [Key(row.lab, row.groups()[-1][0][0]) for row in comparing.rows(cells) if row.differs]
    return next(iter([*(cell.key for cell in cells if cell.failed), *odd, cells[0].key]))


def _document(outcome: Outcome, found: Comparison | None) -> dict[str, Any]:
    """The cells of this run, what differs among them, and what changed."""
    differing = [row for row in comparing.rows(outcome.cells) if row.differs]
    return results_file.document(
        outcome.cells,
        not_run_again=[str(key) for key in outcome.kept],
        differences=[
            {
                "lab": row.lab,
                "claim": row.claim,
                "behaviour": row.says.behaviour,
                "columns": [_came_out(str(column), claim) for column, claim in row.in_column.items()],
            }
            for row in differing
        ],
        **(_changes(found) if found else {}),
    )


def _came_out(column: str, claim: Any) -> dict[str, Any]:
    fields = attrs.asdict(claim)
    return {"column": column, **{name: fields[name] for name in ("verdict", "outcome", "failure", "evidence")}}


def _changes(found: Comparison) -> dict[str, Any]:
    return {
        "compared": [{"before": str(before), "after": str(after)} for before, after in found.pairs],
        "changes": [
            {
                "lab": item.lab,
                "claim": item.claim,
                "before": _came_out(str(item.was_in), item.before),
                "after": _came_out(str(item.is_in), item.after),
            }
            for item in found.changed
        ],
        **{
            name: [
                {"lab": item.lab, "claim": item.claim, "says": item.says, "columns": list(map(str, item.columns))}
                for item in strangers
            ]
            for name, strangers in (("new", found.new), ("gone", found.gone))
        },
        "not_compared": list(map(str, found.unmatched)),
    }
