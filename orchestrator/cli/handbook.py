"""`invoke handbook`."""

from __future__ import annotations

from pathlib import Path

from attrs import asdict

from netproof.cli.screen import Screen
from netproof.handbook.coverage import Scope
from netproof.handbook.make import make
from netproof.matrix import results_file
from netproof.matrix.records import summary

DEFAULT = "handbook"


def run(screen: Screen, results: str, to: str) -> None:
    """Make the site, and say what is in it and what the results lack."""
    source = Path(results) if results else results_file.default_path()
    target = Path(to or DEFAULT)
    made = make(source, target, screen.say)
    index = (target / "index.html").absolute()
    scope = made.scope
    cells = len(scope.cells)
    screen.line(screen.colour(f"The handbook is in {target}", "bold") + f" ({screen.elapsed:.1f} s).")
    screen.line(f"  {cells} cells of {source}. {scope.about}")
    screen.line(f"  {summary(claim for cell in scope.cells for claim in cell.claims)}")
    for text in left_out(scope):
        screen.line(f"  {text}")
    screen.line(f"Open {index.as_uri()}")
    screen.document(
        {
            "index": str(index),
            "results": str(source),
            "labs": [page.name for page in made.labs],
            "about": asdict(scope.about),
            "left_out": left_out(scope),
        }
    )


def left_out(scope: Scope) -> list[str]:
    """What the results do not have, in sentences."""
    found = []
    for what, names in (("labs", scope.labs), ("engines", scope.engines), ("flavours of iptables", scope.firewalls)):
        if names:
            found.append(f"not run, {what}: {', '.join(names)}")
    if scope.missing:
        found.append(f"not run, cells: {', '.join(map(str, scope.missing))}")
    if scope.broken:
        found.append(f"could not be built: {', '.join(str(cell.key) for cell in scope.broken)}")
    if scope.changed:
        found.append(f"changed since they ran: {', '.join(scope.changed)}")
    if scope.strangers:
        found.append(f"not in this catalogue: {', '.join(scope.strangers)}")
    return found
