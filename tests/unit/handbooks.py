"""A small results file, made of real records, and the handbook that becomes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from netproof.handbook.make import make
from netproof.handbook.pages import Handbook
from netproof.matrix.records import Cell, Claim, Column, Inputs, Walk
from netproof.matrix.results_file import Book
from netproof.matrix.selection import lab_digest
from tests.unit.cells import BROKEN, FALSE, LEFT_OUT, LEGACY, MIDDLE, NEW, TRUE, cell

NEWER_LEGACY = Column("28.5", "legacy")
HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\"></pre></details>\n"
    "\x1b[31mred\x1b[0m bell\x07 nul\x00 del\x7f turned\u202e back line\u2028separator half\ud800 {{ 7 * 7 }} {% x %}\n"
    ".. raw:: html\n\n   <b id=directive>\n`code`_ |name| ]]> &amp; &lt;"
)
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="120" viewBox="0 0 {0} 120">'
    '<rect x="10" y="10" width="80" height="60" fill="#dde" stroke="#335"/><text x="20" y="45">host</text></svg>'
)
BOTH = PICTURE.replace(
    "<rect", "<style>text{{fill:#111}}\n@media(prefers-color-scheme:dark){{text{{fill:#eee}}}}</style><rect", 1
)


def claim(name: str, like: Claim = TRUE, **more: Any) -> Claim:
    """A claim by this name."""
    return attrs.evolve(like, id=name, says=f"the document on `{name}`", behaviour=f"What is true of {name}.", **more)


def inputs(lab: str, *, changed: bool = False) -> Inputs:
    """Of a lab whose files are those of now, or are not."""
    return Inputs("sha256:1", "6.1.0-test", "0" * 16 if changed else lab_digest(lab))


def cells() -> list[Cell]:
    """Two labs, four columns, and not all of them everywhere; one could not be built, one lab nobody knows."""
    nat, published = inputs("bridge-nat"), inputs("publish", changed=True)
    hostile = claim("q2.1", evidence=((HOSTILE, HOSTILE), ("rule", "-j MASQUERADE " + "x" * 400)))
    everywhere = [hostile, claim("q2.2")]
    old = [*everywhere, claim("q2.5", FALSE), claim("q2.3")]
    new = [*everywhere, claim("q2.5"), claim("q2.3")]
    other = [*everywhere, claim("q2.5"), claim("q2.3", FALSE)]
    station = {"place": "host", "kind": "rule", "name": "POSTROUTING", "text": "-j MASQUERADE <all>"}
    way = {"outcome": "answered", "legs": [{"direction": "there", "packet": "a SYN", "stations": [station]}]}
    return [
        cell(MIDDLE, *old, inputs=nat, picture=PICTURE.format(300)),
        cell(
            NEW,
            *new,
            inputs=nat,
            picture=PICTURE.format(400),
            walks=(Walk("out <and back>", BOTH.format(500), way),),
        ),
        cell(NEWER_LEGACY, *other, inputs=nat, picture=PICTURE.format(400)),
        cell(
            MIDDLE,
            claim("q3.1", LEFT_OUT, failure="no <IPVS>"),
            claim("q3.2", BROKEN),
            lab="publish",
            inputs=published,
            unrecorded={"walks": "KeyError: <nothing>"},
        ),
        cell(NEWER_LEGACY, lab="publish", inputs=published, error="the engine <did not> start\nits last words"),
        cell(LEGACY, TRUE, lab="no-such-lab"),
    ]


def results(folder: Path, *found: Cell) -> Path:
    """A results file, written as a run writes it."""
    path = folder / "results.json"
    Book(path, {}).add(*(found or cells()))
    return path


def built(folder: Path) -> tuple[Path, Handbook]:
    """The handbook of the small results file, and what it was made of."""
    site = folder / "site"
    return site, make(results(folder), site, lambda _: None)
