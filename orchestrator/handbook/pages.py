"""What is on the pages: everything that templates show, gathered."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from netproof import catalog
from netproof.handbook import commands, lessons
from netproof.handbook.claims import NOT_RUN, Entry, entries
from netproof.handbook.commands import Try
from netproof.handbook.coverage import Scope
from netproof.handbook.media import Media, Picture, Way
from netproof.handbook.plain_text import line, plain
from netproof.matrix.records import Cell
from netproof.matrix.tables import About, numbers, unchecked
from netproof.model import VERDICTS, Check, Lab
from netproof.paths import HOME
from netproof.practice.fault_list import Offer, offers

MEANINGS = {
    **VERDICTS,
    "differs": "not the same on every engine, or with every flavour of iptables",
    "skipped": "not run, because the machine lacks what it needs; its page says what",
    "failed": "not as the claim declares: its page says what should have been and what was",
    NOT_RUN: "not in these results",
}
WORDS = tuple(MEANINGS)
"""What a claim may be, in the order in which it is counted."""
_SOURCES = ("lab.py", "checks.py", "test_*.py", "steps.py", "names.py")


@frozen
class Source:
    """A file of a lab."""

    name: str
    path: Path


@frozen
class LabPage:
    """One lab: its drawing and pictures, claims, walks, commands, what can be practised, its files."""

    lab: Lab
    drawing: str
    cells: Sequence[Cell]
    entries: Sequence[Entry]
    unchecked: Sequence[tuple[str, str]]
    skipped: Mapping[str, str]
    pictures: Sequence[Picture]
    walks: Mapping[str, Sequence[Way]]
    unrecorded: Sequence[tuple[str, str]]
    commands: Mapping[str, Sequence[Try]]
    offers: Sequence[Offer]
    checks: Sequence[Check]
    sources: Sequence[Source]
    gaps: Sequence[str]
    broken: Sequence[tuple[str, str]]
    changed: bool
    lesson: str

    @property
    def name(self) -> str:
        """The lab's."""
        return self.lab.name

    @property
    def about(self) -> About:
        """What its results are about."""
        return About.of(self.cells)

    @property
    def counts(self) -> dict[str, int]:
        """{word: how many claims}, in order."""
        return counted(entry.word for entry in self.entries)


@frozen
class Handbook:
    """The whole site: results in scope, a page for each lab, {word: {engine: how many}}."""

    scope: Scope
    labs: Sequence[LabPage]

    @property
    def ran(self) -> list[LabPage]:
        """The labs that something ran on, in the order of lessons."""
        return [page for page in self.labs if page.name not in self.scope.labs]

    @property
    def not_run(self) -> list[LabPage]:
        """The others."""
        return [page for page in self.labs if page.name in self.scope.labs]

    @property
    def every_word(self) -> Sequence[str]:
        """What a claim may be."""
        return WORDS

    def means(self, word: str) -> str:
        """What a word of ours means; nothing for one that is not."""
        return MEANINGS.get(word, "")

    @property
    def entries(self) -> list[Entry]:
        """The claims of all labs."""
        return [entry for page in self.labs for entry in page.entries]

    @property
    def differing(self) -> list[Entry]:
        """Claims that do not come out alike everywhere."""
        found = [entry for entry in self.entries if entry.word == "differs"]
        return sorted(found, key=lambda entry: numbers(entry.id))

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """{word: {engine: claims}}, counting a claim for each word it has on an engine."""
        by_engine = {
            engine: counted(word for entry in self.entries for word in {chip.word for chip in entry.chips[engine]})
            for engine in self.scope.about.versions
        }
        used = [word for word in WORDS if any(word in found for found in by_engine.values())]
        return {word: {engine: found.get(word, 0) for engine, found in by_engine.items()} for word in used}

    @property
    def unchecked(self) -> list[tuple[str, str]]:
        """(statement, why) of all labs."""
        return [item for page in self.labs for item in page.unchecked]

    @property
    def skipped(self) -> dict[str, list[str]]:
        """{what the machine answered: the claims that were skipped for it}."""
        found: dict[str, list[str]] = {}
        for page in self.labs:
            for claim, why in page.skipped.items():
                found.setdefault(why, []).append(claim)
        return found


def counted(words: Iterable[str]) -> dict[str, int]:
    """How often each word is there; the usual order, others last."""
    found = Counter(words)
    return {word: found[word] for word in (*WORDS, *sorted(found.keys() - set(WORDS))) if found[word]}


def handbook(scope: Scope, media: Media) -> Handbook:
    """Everything for the site; pictures go to `media` as they come up."""
    labs = sorted(catalog.all_labs(), key=lambda lab: (lab.name in scope.labs, lessons.place(lab.name), lab.name))
    return Handbook(scope, [_page(lab, scope, media) for lab in labs])


def _page(lab: Lab, scope: Scope, media: Media) -> LabPage:
    cells, practice = scope.of(lab.name), catalog.practice(lab.name)
    found = entries(lab.name, scope.rows(lab.name), scope.about.versions)
    return LabPage(
        lab=lab,
        drawing=_drawing(lab.name),
        cells=cells,
        entries=found,
        unchecked=[(line(name), line(why)) for name, why in unchecked(cells) or sorted(lab.unchecked.items())],
        skipped={entry.id: line(seen.failure) for entry in found for seen in entry.seen if seen.word == "skipped"},
        pictures=media.pictures(cells),
        walks=media.walks(cells),
        unrecorded=_unrecorded(cells),
        commands={
            "Begin": commands.beginning(lab),
            "Look": commands.looking(lab, practice.checks),
            "End": commands.ending(lab),
        },
        offers=offers(practice.faults),
        checks=practice.checks,
        sources=_sources(lab.name),
        gaps=scope.gaps(lab.name),
        broken=[(str(cell.key.column), plain(cell.error)) for cell in scope.broken if cell.key.lab == lab.name],
        changed=lab.name in scope.changed,
        lesson=lessons.why(lab.name),
    )


def _unrecorded(cells: Iterable[Cell]) -> list[tuple[str, str]]:
    """(what and where, why) of what could not be recorded beside the verdicts."""
    return [(f"{what} on {cell.key.column}", plain(why)) for cell in cells for what, why in cell.unrecorded.items()]


def _drawing(lab: str) -> str:
    """The topology as the top of lab.py draws it."""
    text = ast.get_docstring(ast.parse((catalog.folder(lab) / "lab.py").read_text()), clean=False) or ""
    return "\n".join(text.split("\n")[1:]).strip("\n")


def _sources(lab: str) -> list[Source]:
    folder = catalog.folder(lab)
    paths = [path for pattern in _SOURCES for path in sorted(folder.glob(pattern))]
    return [Source(str(path.relative_to(HOME)), path) for path in paths]
