#!/usr/bin/env python3
"""Writes the reference pages of the documentation that are made of something else.

scripts/reference_pages.py                             labs, faults and commands, as they are declared now
scripts/reference_pages.py matrix.json [ELSEWHERE.json]   claims and differences, too, from files of `invoke matrix`

What is skipped in the first file is taken from the second, such as one of virtual machines with another kernel; without
a second file its line stays as it is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from netproof import catalog, program  # noqa: E402 - found only from the root
from netproof.catalog import claims  # noqa: E402 - found only from the root
from netproof.cli.command_table import ACTION_GROUPS, CLONE_ONLY, GROUPS, Command  # noqa: E402 - as above
from netproof.matrix import results_file, tables  # noqa: E402 - found only from the root
from netproof.matrix.compare import Row  # noqa: E402 - as above
from netproof.matrix.records import SKIPPED, Cell, Claim  # noqa: E402 - as above
from netproof.model import LAYERS, Fault  # noqa: E402 - as above

PAGES = ROOT / "docs" / "reference"
_ELSEWHERE = "On kernel "
_MADE = "<!-- Written by scripts/reference_pages.py; what you change here is overwritten. -->"


def main(results: Path | None = None, elsewhere: Path | None = None) -> None:
    """Replace the pages."""
    for name, text in declared().items():
        (PAGES / name).write_text(text)
    if results is None:
        return
    cells = _read(results)
    others = _read(elsewhere) if elsewhere else []
    found = _filled(tables.in_order(cells), tables.in_order(others))
    for name, lines in (("claims.md", _claims(found, cells, others)), ("differences.md", _differences(found))):
        (PAGES / name).write_text(_text(lines))


def declared() -> dict[str, str]:
    """{page: its text} of what needs no run."""
    return {"labs.md": _text(_labs()), "faults.md": _text(_faults()), "commands.md": _text(_commands())}


def _text(lines: Iterable[str]) -> str:
    return "\n".join([_MADE, "", *lines]) + "\n"


def _read(results: Path) -> list[Cell]:
    return [cell for cell in results_file.read(results, "the file").values() if cell.complete]


def _filled(found: Iterable[Row], others: Iterable[Row]) -> list[Row]:
    """Rows, those that were skipped everywhere as they are in others."""
    ran = {row.claim: row for row in others if tables.same_word(row) != SKIPPED}
    return [ran.get(row.claim, row) if tables.same_word(row) == SKIPPED else row for row in found]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _verdict(row: Row) -> str:
    words = tables.by_engine(row).items()
    return tables.same_word(row) or "<br>".join(f"{engine}: {word}" for engine, word in words)


def _said(claim: Claim) -> str:
    says = _cell(claim.says)
    return f"[{says}]({claim.source})" if claim.source.startswith("http") else says


def _lessons() -> list[str]:
    labs = sorted(catalog.all_labs(), key=lambda lab: (not lab.question, lab.question, lab.name))
    return [lab.name for lab in labs]


def _labs() -> Iterator[str]:
    yield "# The labs"
    yield ""
    yield "Each is one short file that draws its topology: `labs/*/lab.py`."
    yield ""
    yield "| lab | shows | claims | faults |"
    yield "|---|---|---|---|"
    for name in _lessons():
        ids = sorted((claim.id for claim in claims.claims(name)), key=tables.numbers)
        faults = len({fault.id for fault in catalog.practice(name).faults})
        yield f"| {name} | {_cell(catalog.load(name).shows)} | {', '.join(ids)} | {faults} |"


def _faults() -> Iterator[str]:
    yield "# The faults"
    yield ""
    yield "What can be broken, by lab. **This page gives everything away.** `netproof faults` shows what can be"
    yield "practised without doing so."
    yield ""
    yield "A red check is named with the way in which it is red; so is a claim. Where that differs between engines,"
    yield "each is named. Every line is proven: `netproof faults --prove LAB` does it on a lab that is up."
    for name in _lessons():
        practice = catalog.practice(name)
        if practice.faults:
            yield ""
            yield f"## {name}"
        for fault in practice.faults:
            yield from _fault(fault)


def _fault(fault: Fault) -> Iterator[str]:
    yield ""
    yield f"### {_prose(fault.name)}"
    yield ""
    yield f"“{_prose(fault.ticket)}”"
    yield ""
    yield f"- {_prose(fault.what)}"
    yield f"- {LAYERS[fault.layer][:1].upper()}{LAYERS[fault.layer][1:]}; level {fault.level}."
    yield f"- Look: {_code(fault.look)}"
    for what, signature in (("Checks", fault.shows), ("Claims", fault.reddens)):
        red = [f"{check} ({_manner(how)})" for check, how in signature.items()]
        if red:
            yield f"- {what} that turn red: {', '.join(red)}."


def _manner(how: object) -> str:
    return how if isinstance(how, str) else ", ".join(f"{engine}: {word}" for engine, word in dict(how).items())  # type: ignore[call-overload]  # a Signature's values are one or the other


def _prose(text: str) -> str:
    """Text in which Markdown sees no marks of its own."""
    return re.sub(r"([*_<>\[\]$|])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def _commands() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "`netproof help` prints this, and `--help` behind a command or an action what that takes. In a clone, type"
    yield "`invoke` in place of `netproof`."
    for title, group in GROUPS.items():
        yield ""
        yield f"## {title}"
        for name, about in group.items():
            yield from _command(name, about)
            if name == "lab":
                yield from _actions()


def _actions() -> Iterator[str]:
    for title, group in ACTION_GROUPS.items():
        yield ""
        yield f"### lab: {title[:1].lower()}{title[1:]}"
        for name, about in group.items():
            yield from _command(f"lab {name}", about)


def _command(name: str, about: Command) -> Iterator[str]:
    words = " ".join([name, *about.words, *(["-- COMMAND"] if name == "lab exec" else [])])
    called = f"invoke {words}" if name in CLONE_ONLY else f"netproof {words}"
    yield ""
    yield f"**`{called}`** {_told(about.about)}{'; only in a clone' if name in CLONE_ONLY else ''}."
    if about.more:
        yield _told(about.more)
    if name == "lab":  # each of its actions has its own
        return
    if about.flags:
        yield ""
    for flag, said in about.flags.items():
        yield f"- `{f'--{flag} {said.value}'.rstrip()}`: {_told(said.about)}"


def _told(text: str) -> str:
    called = program.name()
    program.called(program.OWN)
    try:
        return program.named(" ".join(text.split()))
    finally:
        program.called(called)


def _claims(found: list[Row], cells: list[Cell], others: list[Cell]) -> Iterator[str]:
    before = _before("claims.md")
    yield "# The claims"
    yield ""
    yield "Ids q1 to q8 and f1 to f8 are statements of a widely copied set of questions and answers about Docker"
    yield "networking. b1 and later are what the engine's own documentation and tests say, and what its users report."
    yield "[How a verdict is made](../explanation/verdicts.md) says what the words mean. A run wrote this table."
    yield ""
    yield str(tables.About.of(cells))
    yield ""
    yield "| claim | lab | what is documented | verdict | what is true |"
    yield "|---|---|---|---|---|"
    for row in found:
        claim = row.says
        if not others and tables.same_word(row) == SKIPPED and row.claim in before:
            yield before[row.claim]
            continue
        yield f"| {row.claim} | {row.lab} | {_said(claim)} | {_verdict(row)} | {_cell(claim.behaviour)} |"
    for statement, why in tables.unchecked(cells):
        yield f"| {statement} | | | not checked | {_cell(why)} |"
    skipped = tables.skipped(tables.in_order(cells))
    if skipped:
        reasons = (f"{claim}: {_cell(why).rstrip('.')}" for claim, why in skipped.items())
        yield ""
        yield f"Skipped on that kernel: {'; '.join(reasons)}."
    ran = [row.claim for row in found if row.claim in skipped and tables.same_word(row) != SKIPPED]
    if not others:
        yield from (line for line in _lines("claims.md") if line.startswith(_ELSEWHERE))
    elif ran:
        about = tables.About.of(others)
        yield f"{_ELSEWHERE}{', '.join(about.kernels)}, of virtual machines, these ran: {', '.join(ran)}."


def _lines(page: str) -> list[str]:
    """A page as it is."""
    path = PAGES / page
    return path.read_text().splitlines() if path.exists() else []


def _before(page: str) -> dict[str, str]:
    """{claim: its line} of a page as it is."""
    return {line.split("|")[1].strip(): line for line in _lines(page) if line.startswith("|")}


def _differences(found: list[Row]) -> Iterator[str]:
    yield "# What differs between engines"
    yield ""
    yield "A verdict that depends on the engine is declared for each engine in the claim itself, so that a surprise on"
    yield "any of them is a failure. `netproof matrix --against` says what an upgrade changes for you; see"
    yield "[Check what an upgrade changes](../how-to/upgrade-check.md)."
    yield ""
    advice = {claim: what for lab in catalog.names() for claim, what in claims.advice(lab).items()}
    declared = {claim.id: claim.verdict for lab in catalog.names() for claim in claims.claims(lab)}
    engines = sorted({engine for row in found for engine in tables.by_engine(row)})
    yield f"| claim | {' | '.join(engines)} | what is true | what to do |"
    yield "|---|" + "---|" * (len(engines) + 2)
    for row in found:
        found_here = tables.by_engine(row)
        if tables.same_word(row) == SKIPPED:  # here; as it is declared, and was proven on another kernel
            verdict = declared.get(row.claim, "")
            found_here = dict.fromkeys(engines, verdict) if isinstance(verdict, str) else dict(verdict)
        if len(set(found_here.values())) > 1:
            words = [found_here.get(engine, "—") for engine in engines]
            said = _cell(advice.get(row.claim, ""))
            yield f"| {row.claim} | {' | '.join(words)} | {_cell(row.says.behaviour)} | {said} |"


if __name__ == "__main__":
    if len(sys.argv) > 3 or {"-h", "--help"} & set(sys.argv):  # noqa: PLR2004 - two files at most
        raise SystemExit(__doc__)
    main(*map(Path, sys.argv[1:]))
