"""What an upgrade changes, as Markdown for a change ticket: lab by lab, before and after, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen

from netproof import __version__, catalog
from netproof.catalog import claims
from netproof.matrix.compare import Cells, Changed, Comparison
from netproof.matrix.records import FAILED, SKIPPED, Cell, Claim
from netproof.matrix.tables import About, numbers

_WIDE = 160


@frozen
class Ticket:
    """A comparison, and the cells that it is about, before and after."""

    found: Comparison
    before: Sequence[Cell]
    after: Sequence[Cell]

    @property
    def changed(self) -> list[Changed]:
        """What came out differently, but for what was looked at neither before nor after."""
        return [item for item in self.found.changed if {item.before.outcome, item.after.outcome} != {SKIPPED}]

    @classmethod
    def of(cls, found: Comparison, before: Cells, after: Iterable[Cell]) -> Ticket:
        """Of the columns that were compared, and the labs that are in both."""
        was, is_now = ({pair[side] for pair in found.pairs} for side in (0, 1))
        now = [cell for cell in after if cell.key.column in is_now]
        labs = {cell.key.lab for cell in now}
        return cls(found, [one for one in before.values() if one.key.column in was and one.key.lab in labs], now)

    def text(self) -> str:
        """The document."""
        parts = [*self._head(), *self._labs(), *self._rest(), *self._unseen()]
        return "\n".join(parts).rstrip() + "\n"

    def _head(self) -> Iterator[str]:
        old, new = (_versions(cells) for cells in (self.before, self.after))
        same = old == new
        yield f"# Docker Engine {new}: what has changed" if same else f"# Docker Engine {old} → {new}: what changes"
        yield ""
        about, count = About.of(self.after), len({cell.key.lab for cell in self.after})
        yield (
            f"Proven by netproof {__version__} on {count} {'lab' if count == 1 else 'labs'}, "
            f"{' and '.join(f'iptables-{name}' for name in about.firewalls)}, kernel {', '.join(about.kernels)}, "
            f"{', '.join(about.days)}."
        )
        total = len({(cell.key.lab, name) for cell in self.after for name in cell.named()})
        changed = len({(item.lab, item.claim) for item in self.changed})
        are = "comes" if changed == 1 else "come"
        yield f"**{changed} of {total} claims {are} out differently.** The others are as they were."

    def _labs(self) -> Iterator[str]:
        for lab in dict.fromkeys(item.lab for item in self.changed):
            yield from ["", f"## {lab}", ""]
            if lab in catalog.names():
                yield from [catalog.load(lab).shows, ""]
            yield from _of_lab([item for item in self.changed if item.lab == lab], claims.advice(lab))

    def _rest(self) -> Iterator[str]:
        changed = {item.lab for item in self.changed}
        same = sorted({cell.key.lab for cell in self.after if cell.complete} - changed)
        if same:
            yield from ["", "## No change", "", f"All claims of {', '.join(same)}."]

    def _unseen(self) -> Iterator[str]:
        found = [*self._not_compared(), *self._not_run(), *self._skipped()]
        yield from ["", "## Not looked at", ""]
        yield from found or ["Nothing that netproof knows of was left out."]
        yield ""
        yield "Only what netproof's labs have is compared: not your own rules, kernels, plugins or orchestrators."

    def _not_compared(self) -> Iterator[str]:
        for word, strangers in (("before", self.found.gone), ("after", self.found.new)):
            for one in strangers:
                yield f"- {one.lab} {one.claim}: known only {word} ({', '.join(map(str, one.columns))})"
        if self.found.unmatched:
            yield f"- without a counterpart: {', '.join(map(str, self.found.unmatched))}"

    def _not_run(self) -> Iterator[str]:
        labs = [name for name in catalog.names() if name not in {cell.key.lab for cell in self.after}]
        if labs:
            yield f"- labs that were not run: {', '.join(labs)}"
        for cell in (*self.before, *self.after):
            if cell.error:
                yield f"- {cell.key} could not be run: {_one_line(cell.error)}"

    def _skipped(self) -> Iterator[str]:
        whys: dict[str, set[str]] = {}
        for cell in (*self.before, *self.after):
            for name, claim in cell.named().items():
                if claim.outcome == SKIPPED:
                    whys.setdefault(_one_line(claim.failure), set()).add(f"{cell.key.lab} {name}")
        for why, names in whys.items():
            yield f"- skipped: {', '.join(sorted(names))}: {why}"
        unchecked = {(cell.key.lab, name): why for cell in self.after for name, why in cell.unchecked.items()}
        for (lab, name), why in sorted(unchecked.items()):
            yield f"- not checked: {lab} {name}: {_one_line(why)}"


def _of_lab(changed: Sequence[Changed], advice: Mapping[str, str]) -> Iterator[str]:
    """Claims of one lab; one that changed alike in several columns is told once."""
    groups: dict[tuple[str, str], list[Changed]] = {}
    for item in changed:
        groups.setdefault((item.claim, item.step), []).append(item)
    for (name, step), items in sorted(groups.items(), key=lambda group: numbers(group[0][0])):
        first = items[0]
        told = _proofs(first.before, first.after)
        yield f"- **{name}: {step}** ({_where(items)}). Documented: {_one_line(first.after.says, 0)}"
        yield f"  - What is true: {_one_line(first.after.behaviour, 0)}"
        yield from (f"  - {word}: {_code(text)}" for word, text in zip(("Before", "After"), told, strict=True) if text)
        yield f"  - **What to do:** {_what(first, advice)}"


def _what(item: Changed, advice: Mapping[str, str]) -> str:
    if item.after.outcome == FAILED:
        where = f"`invoke matrix --labs {item.lab} --engines {item.is_in.engine} --fresh`"
        return f"A failure is no verdict. Run it again ({where}), and look at it before you decide."
    return advice.get(item.after.id) or "See what is true, and try it where you use it."


def _where(items: Sequence[Changed]) -> str:
    """The columns: flavours alone where an engine is compared with another."""
    if all(item.was_in.firewall == item.is_in.firewall for item in items):
        return f"iptables-{' and '.join(dict.fromkeys(item.is_in.firewall for item in items))}"
    return ", ".join(item.where for item in items)


def _proofs(before: Claim, after: Claim) -> tuple[str, str]:
    """A line of evidence of each: of the last piece that both have and that differs, else the last of each."""
    for claim in (before, after):
        if claim.failure:
            return _last(before), _last(after)
    old, new = dict(before.evidence), dict(after.evidence)
    both = [title for title in old if title in new and _lasting(old[title]) != _lasting(new[title])]
    if not both:
        return _last(before), _last(after)
    title = both[-1]
    lines = [old[title].strip().splitlines() or ["(nothing)"], new[title].strip().splitlines() or ["(nothing)"]]
    place = next((n for n, (one, two) in enumerate(zip(*lines, strict=False)) if _lasting(one) != _lasting(two)), -1)
    one, two = (each[place] if place < len(each) else each[-1] for each in lines)
    shared = next((n for n, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)
    cut = shared - _WIDE // 4 if max(len(one), len(two)) + len(title) > _WIDE else 0
    start = "…" if cut > 0 else ""
    return f"{title}: {start}{one[max(cut, 0) :]}", f"{title}: {start}{two[max(cut, 0) :]}"


def _lasting(text: str) -> str:
    """Without numbers that are others each time: ports that were chosen, processes, parts of ids."""
    return re.sub(r"\b(?:\d{4,}|[0-9a-f]{7,}|[a-z]{2,4}-?[0-9a-f]{7,})\b", "…", text.strip())


def _last(claim: Claim) -> str:
    told = claim.told(1)
    return told[0] if told else ""


def _one_line(text: str, width: int = _WIDE) -> str:
    """On one line, with nothing in it that Markdown takes for HTML; cut at `width` characters, unless that is 0."""
    found = " ".join(text.split())
    cut = f"{found[: width - 1]}…" if width and len(found) > width else found
    return re.sub(r"<(?=[A-Za-z/!])", r"\\<", cut) if "`" not in cut else cut


def _code(text: str) -> str:
    """As code, whatever is in it."""
    found = " ".join(text.encode("utf-8", "replace").decode().split())
    found = f"{found[: _WIDE - 1]}…" if len(found) > _WIDE else found
    fence = "`" * (max((len(run) for run in re.findall(r"`+", found)), default=0) + 1)
    pad = " " if found.startswith("`") or found.endswith("`") else ""
    return f"{fence}{pad}{found}{pad}{fence}"


def _versions(cells: Sequence[Cell]) -> str:
    found = About.of(cells).versions
    return ", ".join(version or engine for engine, version in found.items()) or "?"
