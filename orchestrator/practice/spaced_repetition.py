"""What to repeat and when: spaced repetition (FSRS) by confusion class, computed anew from the history each time."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen
from fsrs import Card, Rating, Scheduler

from netproof import catalog
from netproof.errors import NetproofError
from netproof.practice import history
from netproof.practice.history import Record

_DEAR = 25
_LATE = 9000


@frozen
class Due:
    """Faults of one lab that look alike: how often they were practised, how it went last, and when they are due."""

    lab: str
    layer: str
    faults: tuple[str, ...]
    times: int
    last: str
    due: datetime


def schedule(records: list[Record]) -> list[Due]:
    """Every class practised so far, the most urgent first."""
    scheduler = Scheduler(enable_fuzzing=False)
    cards: dict[tuple[str, tuple[str, ...]], tuple[Card, int, str]] = {}
    for record in records:
        for key in _classes(record):
            card, times, _ = cards.get(key, (Card(card_id=1), 0, ""))
            card, _ = scheduler.review_card(card, _rating(record), _when(record))
            cards[key] = (card, times + 1, record.outcome)
    found = [
        Due(lab, _layer(lab, faults[0]), faults, times, last, card.due)
        for (lab, faults), (card, times, last) in cards.items()
    ]
    return sorted(found, key=lambda item: (item.due, item.lab, item.faults))


def _when(record: Record) -> datetime:
    """When an attempt ended; what is no time, or so late that no repetition could follow, is taken for now."""
    try:
        found = datetime.strptime(record.ended, "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)
    return found if found.year < _LATE else datetime.now(UTC)


def _rating(record: Record) -> Rating:
    if record.outcome not in {history.SOLVED, history.COLLATERAL}:
        return Rating.Again
    if record.outcome == history.COLLATERAL or record.hints > _DEAR:
        return Rating.Hard
    return Rating.Easy if record.named and not record.hints else Rating.Good


def _classes(record: Record) -> list[tuple[str, tuple[str, ...]]]:
    """The confusion classes of an attempt's faults: those of its lab that turn the same checks red in the same way."""
    if record.decoy:
        return [(record.lab, tuple(record.faults))]
    try:
        practice = catalog.practice(record.lab)
    except NetproofError:  # the lab may have gone since
        return [(record.lab, tuple(record.faults))]
    here = [fault for fault in practice.faults if fault.applies(record.engine, record.firewall)]
    shown = {fault.name: fault.checks_on(record.engine) for fault in here}
    found = []
    for name in record.faults:
        alike = sorted({other.partition("[")[0] for other in shown if name in shown and shown[other] == shown[name]})
        found.append((record.lab, tuple(alike) or (name,)))
    return found


def _layer(lab: str, fault: str) -> str:
    try:
        practice = catalog.practice(lab)
    except NetproofError:
        return ""
    layers = {item.id: item.layer for item in practice.faults} | {item.id: item.layer for item in practice.decoys}
    return layers.get(fault, "")
