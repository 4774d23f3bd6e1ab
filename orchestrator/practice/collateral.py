"""What else was changed: the snapshot of now against the one after `up`, line by line, without what the fault did."""

from __future__ import annotations

from collections.abc import Iterable

from netproof import facts
from netproof.errors import UsageError
from netproof.facts import HAPPENED, Difference, Flat, flatten, structure
from netproof.lab.running import RunningLab
from netproof.state.baseline import kept
from netproof.state.instance import Instance
from netproof.wait import until

Line = tuple[str, str, str, str]
_SETTLE = 3.0
_PAUSE = 0.2


def after_up(instance: Instance) -> Flat:
    """The state after `up`. UsageError when it is lost."""
    raw = kept(instance)
    if raw is None:
        raise UsageError(
            f"The snapshot of {instance} taken after `up` is lost, or of another version of netproof.",
            f"`invoke lab up {instance.arguments}` takes a new one.",
        )
    return flatten(structure(raw))


def differences(lab: RunningLab, before: Flat) -> list[Difference]:
    """What happened and what differs now, but for empty tables that `iptables -A` and `-D` leave: they do nothing.

    Carrier and operational states follow a change with a short delay, which is waited for.
    """
    found: list[Difference] = []

    def is_settled() -> bool:
        last = list(found)
        now = facts.fold(before, flatten(structure(lab.snapshot())))
        found[:] = [item for item in now if item.aspect != "tables"]
        return not found or found == last

    until(is_settled, _SETTLE, _PAUSE)
    return found


def lines(found: Iterable[Difference]) -> set[Line]:
    """{(place, aspect, key, line)}: a rule more or less is one line, not a whole chain."""
    return {(item.place, item.aspect, item.key, line) for item in found for line in item.lines}


def unmoved(found: set[Line]) -> set[Line]:
    """Lines without those that only stand elsewhere in their chain: whether their order matters, checks tell."""
    return {line for line in found if _other(line) not in found}


def _other(line: Line) -> Line:
    """The line that says the opposite of this one."""
    place, aspect, key, text = line
    return place, aspect, key, ("-" if text[0] == "+" else "+") + text[1:]


def told(found: Iterable[Line]) -> list[str]:
    """Lines as people read them, what happened first, in a stable order."""
    order = sorted(found, key=lambda line: (line[1] != HAPPENED, line))
    return [
        line[2:] if aspect == HAPPENED else f"{place}: {aspect} {key}: {line}" for place, aspect, key, line in order
    ]
