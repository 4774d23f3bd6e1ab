#!/usr/bin/env python3
"""Writes README's tables of claims and of differences between engines from a file of `invoke matrix`.

invoke matrix --results matrix.json && scripts/readme_claims.py matrix.json
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from orchestrator import catalog, declared  # noqa: E402 - found only from the root
from orchestrator.matrix import book  # noqa: E402 - found only from the root
from orchestrator.matrix.compare import Row, rows  # noqa: E402 - as above
from orchestrator.matrix.records import SKIPPED, Cell, Claim  # noqa: E402 - as above

README = ROOT / "README.md"


def main(results: Path) -> None:
    """Replace what stands between the markers."""
    cells = [cell for cell in book.read(results, "the file").values() if cell.complete]
    found = sorted(rows(cells), key=_order)
    text = README.read_text()
    parts = {"labs": _labs(), "claims": _claims(found, cells), "differences": _differences(found)}
    for name, lines in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        if begin not in text or end not in text:
            raise SystemExit(f"README.md has no {begin} … {end}. Put the markers where the table belongs.")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.split(end, 1)[1]}"
    README.write_text(text)


def _order(row: Row) -> tuple[int, list[int]]:
    return _numbers(row.claim)


def _numbers(claim: str) -> tuple[int, list[int]]:
    return "qfb".find(claim[0]), [int(number) for number in re.findall(r"\d+", claim)]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _by_engine(row: Row) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for column, claim in row.in_column.items():
        found.setdefault(column.engine, set()).add(claim.word)
    return dict(sorted(found.items()))


def _verdict(row: Row) -> str:
    engines = _by_engine(row)
    words = {engine: " or ".join(sorted(words)) for engine, words in engines.items()}
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "<br>".join(f"{engine}: {word}" for engine, word in words.items())


def _said(claim: Claim) -> str:
    says = _cell(claim.says)
    return f"[{says}]({claim.source})" if claim.source.startswith("http") else says


def _labs() -> Iterator[str]:
    yield "| lab | claims | shows |"
    yield "|---|---|---|"
    for lab in sorted(catalog.all_labs(), key=lambda lab: (not lab.question, lab.question, lab.name)):
        folder = f"labs/{lab.name.replace('-', '_')}/lab.py"
        ids = sorted((claim.id for claim in declared.claims(lab.name)), key=_numbers)
        yield f"| [{lab.name}]({folder}) | {', '.join(ids)} | {lab.shows} |"


def _claims(found: list[Row], cells: Iterable[Cell]) -> Iterator[str]:
    versions = sorted({(cell.key.column.engine, cell.version) for cell in cells})
    kernels = sorted({cell.inputs.kernel for cell in cells})
    shown = ", ".join(version for _, version in versions)
    firewalls = " and ".join(
        f"iptables-{name}" for name in sorted({cell.key.column.firewall for cell in cells}, reverse=True)
    )
    yield f"Engines {shown}; {firewalls}; kernel {', '.join(kernels)}."
    yield ""
    yield "| claim | lab | what is documented | verdict | what is true |"
    yield "|---|---|---|---|---|"
    for row in found:
        claim = row.says
        yield f"| {row.claim} | {row.lab} | {_said(claim)} | {_verdict(row)} | {_cell(claim.behaviour)} |"
    for statement, why in sorted({item for cell in cells for item in cell.unchecked.items()}):
        yield f"| {statement} | | | not checked | {_cell(why)} |"
    ran = [(row.claim, claim) for row in found for claim in row.in_column.values()]
    skipped = {name: claim.failure for name, claim in ran if claim.outcome == SKIPPED}
    if skipped:
        yield ""
        yield (
            "Skipped in this run: "
            + "; ".join(f"{claim}: {_cell(why).rstrip(chr(46))}" for claim, why in skipped.items())
            + "."
        )


def _differences(found: list[Row]) -> Iterator[str]:
    engines = sorted({engine for row in found for engine in _by_engine(row)})
    yield f"| claim | {' | '.join(engines)} | what is true |"
    yield "|---|" + "---|" * (len(engines) + 1)
    for row in found:
        if row.differs:
            words = [" or ".join(sorted(_by_engine(row).get(engine, {"—"}))) for engine in engines]
            yield f"| {row.claim} | {' | '.join(words)} | {_cell(row.says.behaviour)} |"


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script and one file
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
