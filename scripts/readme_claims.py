#!/usr/bin/env python3
"""Writes README's tables of claims and of differences between engines from a file of `invoke matrix`.

invoke matrix --results matrix.json && scripts/readme_claims.py matrix.json
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from orchestrator import catalog, declared  # noqa: E402 - found only from the root
from orchestrator.matrix import book, tables  # noqa: E402 - found only from the root
from orchestrator.matrix.compare import Row  # noqa: E402 - as above
from orchestrator.matrix.records import Cell, Claim  # noqa: E402 - as above

README = ROOT / "README.md"


def main(results: Path) -> None:
    """Replace what stands between the markers."""
    cells = [cell for cell in book.read(results, "the file").values() if cell.complete]
    found = tables.in_order(cells)
    text = README.read_text()
    parts = {"labs": _labs(), "claims": _claims(found, cells), "differences": _differences(found)}
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"README.md has no {begin} … {end}. Put the markers where the table belongs.")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.split(end, 1)[1]}"
    README.write_text(text)


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
        ids = sorted((claim.id for claim in declared.claims(lab.name)), key=tables.numbers)
        yield f"| [{lab.name}]({folder}) | {', '.join(ids)} | {lab.shows} |"


def _claims(found: list[Row], cells: Iterable[Cell]) -> Iterator[str]:
    yield str(tables.About.of(cells))
    yield ""
    yield "| claim | lab | what is documented | verdict | what is true |"
    yield "|---|---|---|---|---|"
    for row in found:
        claim = row.says
        yield f"| {row.claim} | {row.lab} | {_said(claim)} | {_verdict(row)} | {_cell(claim.behaviour)} |"
    for statement, why in tables.unchecked(cells):
        yield f"| {statement} | | | not checked | {_cell(why)} |"
    skipped = tables.skipped(found)
    if skipped:
        yield ""
        yield (
            "Skipped in this run: "
            + "; ".join(f"{claim}: {_cell(why).rstrip(chr(46))}" for claim, why in skipped.items())
            + "."
        )


def _differences(found: list[Row]) -> Iterator[str]:
    engines = sorted({engine for row in found for engine in tables.by_engine(row)})
    yield f"| claim | {' | '.join(engines)} | what is true |"
    yield "|---|" + "---|" * (len(engines) + 1)
    for row in found:
        if row.differs:
            words = [tables.by_engine(row).get(engine, "—") for engine in engines]
            yield f"| {row.claim} | {' | '.join(words)} | {_cell(row.says.behaviour)} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and one file
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
