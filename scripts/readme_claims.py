#!/usr/bin/env python3
"""Writes README's tables of claims and of differences between engines from files of `invoke matrix`.

invoke matrix --results matrix.json && scripts/readme_claims.py matrix.json [ELSEWHERE.json]

What is skipped in the first file is taken from the second, such as one of virtual machines with another kernel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from netproof import catalog  # noqa: E402 - found only from the root
from netproof.catalog import claims  # noqa: E402 - found only from the root
from netproof.matrix import results_file, tables  # noqa: E402 - found only from the root
from netproof.matrix.compare import Row  # noqa: E402 - as above
from netproof.matrix.records import SKIPPED, Cell, Claim  # noqa: E402 - as above

README = ROOT / "README.md"


def main(results: Path, elsewhere: Path | None = None) -> None:
    """Replace what stands between the markers."""
    cells = _read(results)
    others = _read(elsewhere) if elsewhere else []
    found = _filled(tables.in_order(cells), tables.in_order(others))
    text = README.read_text()
    parts = {"labs": _labs(), "claims": _claims(found, cells, others), "differences": _differences(found)}
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"README.md has no {begin} … {end}. Put the markers where the table belongs.")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.split(end, 1)[1]}"
    README.write_text(text)


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


def _labs() -> Iterator[str]:
    yield "| lab | claims | shows |"
    yield "|---|---|---|"
    for lab in sorted(catalog.all_labs(), key=lambda lab: (not lab.question, lab.question, lab.name)):
        folder = f"labs/{lab.name.replace('-', '_')}/lab.py"
        ids = sorted((claim.id for claim in claims.claims(lab.name)), key=tables.numbers)
        yield f"| [{lab.name}]({folder}) | {', '.join(ids)} | {lab.shows} |"


def _claims(found: list[Row], cells: list[Cell], others: list[Cell]) -> Iterator[str]:
    yield str(tables.About.of(cells))
    yield ""
    yield "| claim | lab | what is documented | verdict | what is true |"
    yield "|---|---|---|---|---|"
    for row in found:
        claim = row.says
        yield f"| {row.claim} | {row.lab} | {_said(claim)} | {_verdict(row)} | {_cell(claim.behaviour)} |"
    for statement, why in tables.unchecked(cells):
        yield f"| {statement} | | | not checked | {_cell(why)} |"
    skipped = tables.skipped(tables.in_order(cells))
    if skipped:
        reasons = (f"{claim}: {_cell(why).rstrip('.')}" for claim, why in skipped.items())
        yield ""
        yield f"Skipped on that kernel: {'; '.join(reasons)}."
    ran = [row.claim for row in found if row.claim in skipped and tables.same_word(row) != SKIPPED]
    if ran:
        about = tables.About.of(others)
        yield f"On kernel {', '.join(about.kernels)}, of virtual machines, these ran: {', '.join(ran)}."


def _differences(found: list[Row]) -> Iterator[str]:
    engines = sorted({engine for row in found for engine in tables.by_engine(row)})
    yield f"| claim | {' | '.join(engines)} | what is true |"
    yield "|---|" + "---|" * (len(engines) + 1)
    for row in found:
        if row.differs:
            words = [tables.by_engine(row).get(engine, "—") for engine in engines]
            yield f"| {row.claim} | {' | '.join(words)} | {_cell(row.says.behaviour)} |"


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        raise SystemExit(__doc__)
    main(*map(Path, sys.argv[1:]))
