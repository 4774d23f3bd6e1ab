"""What differs between two snapshots."""

from __future__ import annotations

import difflib

from attrs import frozen

from orchestrator.facts.flat import Flat, Value

_SILENT = ("engine", "answers", "no")


@frozen
class Difference:
    """One entry that is not as it was; `before` or `after` is empty where there was or is none."""

    place: str
    aspect: str
    key: str
    before: Value
    after: Value

    @property
    def lines(self) -> list[str]:
        """The difference as lines that start with `-` or `+`."""
        if isinstance(self.before, tuple) or isinstance(self.after, tuple):
            lines = _changed(_sequence(self.before), _sequence(self.after))
            return lines or ["- (empty)" if isinstance(self.before, tuple) else "+ (empty)"]
        return _changed([self.before] if self.before else [], [self.after] if self.after else [])


def _sequence(value: Value) -> list[str]:
    return list(value) if isinstance(value, tuple) else []


def _changed(before: list[str], after: list[str]) -> list[str]:
    found = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
    return [f"{line[0]} {line[2:]}" for line in found]


def _untold(flat: Flat) -> set[tuple[str, str]]:
    """What a dead engine cannot tell: (lab host, aspect). Its containers may well be running."""
    silent = {place for (place, aspect, key), value in flat.items() if (aspect, key, value) == _SILENT}
    return {(place, aspect) for place in silent for aspect in ("containers", "networks")}


def compare(before: Flat, after: Flat) -> list[Difference]:
    """The differences, by place, aspect and key."""
    untold = _untold(before) | _untold(after)
    keys = sorted(key for key in before.keys() | after.keys() if key[:2] not in untold)
    return [
        Difference(*key, before=before.get(key, ""), after=after.get(key, ""))
        for key in keys
        if before.get(key) != after.get(key)
    ]
