"""`invoke progress`."""

from __future__ import annotations

from typing import Any

from attrs import asdict

from netproof.cli.common import counted
from netproof.cli.screen import Screen
from netproof.practice import history
from netproof.practice.history import Record
from netproof.practice.spaced_repetition import Due, schedule

_LAST = 8


_WORDS = {history.COLLATERAL: "solved with collateral"}


def run(screen: Screen) -> None:
    """Attempts, times, scores; what to repeat next, and when."""
    records = history.records()
    if not records:
        screen.line("Nothing has been practised yet.")
        screen.next("invoke lab up publish lab break publish")
        screen.document({"attempts": [], "outcomes": {}, "repeat": []})
        return
    _table(screen, records)
    due = schedule(records)
    counts = history.outcomes(records)
    words = [f"{count} {_WORDS.get(outcome, outcome)}" for outcome, count in counts.items()]
    screen.line(f"{counted(len(records), 'attempt')}: {', '.join(words)}. To repeat:")
    screen.columns([(item.due.strftime("%Y-%m-%d"), item.lab, item.layer, _times(item)) for item in due[:_LAST]])
    first = due[0]
    screen.next(f"invoke lab up {first.lab} lab break {first.lab} --layer {first.layer}")
    document = {"attempts": [asdict(item) for item in records], "outcomes": counts}
    screen.document({**document, "repeat": [_due(item) for item in due]})


def _table(screen: Screen, records: list[Record]) -> None:
    """The last attempts."""
    head = ("ENDED", "LAB", "OUTCOME", "TIME", "SCORES", "HINTS", "FAULT")
    shown = [
        (
            record.ended[:16].replace("T", " "),
            record.lab,
            f"{record.outcome} (exam)" if record.exam else record.outcome,
            f"{record.seconds:.0f} s",
            "/".join(map(str, (record.detected, record.localised, record.named, record.repaired))),
            str(record.hints),
            ", ".join(record.faults),
        )
        for record in records[-_LAST:]
    ]
    screen.columns([head, *shown])
    screen.line("Scores, of 100 each: detected/localised/named/repaired.")


def _times(item: Due) -> str:
    return f"practised {counted(item.times, 'time')}, last {_WORDS.get(item.last, item.last)}"


def _due(item: Due) -> dict[str, Any]:
    return {**asdict(item), "due": item.due.isoformat()}
