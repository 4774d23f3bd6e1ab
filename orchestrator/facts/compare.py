"""What differs between two snapshots."""

from __future__ import annotations

import difflib

from attrs import frozen

from netproof.facts import rule_order
from netproof.facts.compared_kinds import KINDS
from netproof.facts.flat_snapshot import UNREAD, Flat, Value
from netproof.facts.rule_forms import same_form

_SILENT = ("engine", "answers", "no")


@frozen
class Difference:
    """One entry that is not as it was; `before` or `after` is empty where there was or is none.

    `follows` are others that follow from it, and are not told of for themselves.
    """

    place: str
    aspect: str
    key: str
    before: Value
    after: Value
    follows: tuple[Difference, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The difference as lines that start with `-` or `+`."""
        if isinstance(self.before, tuple) or isinstance(self.after, tuple):
            lines = _changed(_sequence(self.before), _sequence(self.after))
            return lines or ["- (empty)" if isinstance(self.before, tuple) else "+ (empty)"]
        return _changed([self.before] if self.before else [], [self.after] if self.after else [])

    @property
    def moved(self) -> set[str]:
        """Of `lines` those of rules that only stand elsewhere."""
        if self.aspect != "rules":
            return set()
        lines = set(self.lines)
        return {line for line in lines if f"{'-' if line[0] == '+' else '+'}{line[1:]}" in lines}

    @property
    def is_reordered(self) -> bool:
        """Whether rules stand in another order, and it matters."""
        return bool(self.moved) and rule_order.matters(_sequence(self.before), _sequence(self.after))

    @property
    def decides_nothing(self) -> bool:
        """Whether it is nothing but an order of rules that does not matter."""
        return self.moved == set(self.lines) and not self.is_reordered


def _sequence(value: Value) -> list[str]:
    return list(value) if isinstance(value, tuple) else []


def _changed(before: list[str], after: list[str]) -> list[str]:
    found = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    return [f"{line[0]} {line[2:]}" for line in found]


def unread(*flats: Flat) -> set[tuple[str, str]]:
    """What could not be read: (place, aspect). Nothing follows from that."""
    return {(place, each) for flat in flats for place, aspect, key in flat if aspect == UNREAD for each in KINDS[key]}


def untold(*flats: Flat) -> set[tuple[str, str]]:
    """What a silent engine cannot tell: (place, aspect). Its containers may well be running."""
    silent = {
        place for flat in flats for (place, aspect, key), value in flat.items() if (aspect, key, value) == _SILENT
    }
    if not silent:
        return set()
    known = {key for flat in flats for place, aspect, key in flat if aspect == "containers" and place in silent}
    return {(place, aspect) for place in silent for aspect in ("containers", "networks")} | {
        (name, "files") for name in known
    }


def compare(before: Flat, after: Flat) -> list[Difference]:
    """The differences, by place, aspect and key."""
    before, after = same_form(before, after)
    unknown = untold(before, after) | unread(before, after)
    keys = sorted(key for key in before.keys() | after.keys() if key[:2] not in unknown)
    return [
        Difference(*key, before=before.get(key, ""), after=after.get(key, ""))
        for key in keys
        if before.get(key) != after.get(key)
    ]
