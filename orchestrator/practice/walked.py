"""How much of what is broken a walk finds: each fault that drops packets is injected, walked into, and undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from orchestrator.model import Answers, Fault, Pings, Practice
from orchestrator.practice.injecting import apply, undo
from orchestrator.running import RunningLab
from orchestrator.walk import Death, walk

# The ways in which a check is red when a packet of its is lost or turned away.
DROPPING = {"timeout", "refused", "unreachable", "reset", "forbidden", "no reply", "failed"}
RIGHT, HONEST, WRONG, ANSWERED = "right", "last seen", "wrong", "answered"


@frozen
class Found:
    """What a walk said about a fault.

    `verdict` is right (it named the place that is broken), last seen (it said how far it could see), wrong (it named
    another place), or answered (the exchange was: what is broken is not on its way). `left` is what undo could not do.
    """

    fault: str
    check: str
    at: str
    layer: str
    verdict: str
    death: Death | None
    left: tuple[str, ...] = ()


def dropping(practice: Practice, engine: str, firewall: str) -> Iterator[tuple[Fault, Answers | Pings]]:
    """Each fault that drops packets, with the first of the checks it turns red that a walk can repeat."""
    for fault in practice.faults:
        if not fault.applies(engine, firewall):
            continue
        for name, how in fault.checks_on(engine).items():
            check = practice.check(name)
            if isinstance(check, Answers | Pings) and set(how.split(" or ")) <= DROPPING:
                yield fault, check
                break


def walk_faults(lab: RunningLab, chosen: Iterable[tuple[Fault, Answers | Pings]]) -> Iterator[Found]:
    """Inject each, walk its check, undo it. The lab is as it was afterwards, but for what `left` says."""
    for fault, check in chosen:
        left: list[str] = []
        try:
            apply(lab, fault.change.inject)
            death = _walk(lab, check)
        finally:
            left += undo(lab, fault.change)
            for host in lab.hosts:  # what is tracked of an exchange that failed would lead a later one astray
                lab.run(host, ["conntrack", "-F"])
        yield Found(fault.name, check.id, fault.at, fault.layer, _verdict(fault, death), death, tuple(left))


def _verdict(fault: Fault, death: Death | None) -> str:
    if death is None:
        return ANSWERED
    if not death.certain:
        return HONEST
    return RIGHT if death.place.partition("/")[0] == fault.at else WRONG


def _walk(lab: RunningLab, check: Answers | Pings) -> Death | None:
    if isinstance(check, Pings):
        return walk(lab, check.at, check.to, proto="icmp", size=check.size, df=check.df).death
    target = f"[{check.to}]:{check.port}" if ":" in check.to else f"{check.to}:{check.port}"
    return walk(lab, check.at, target, proto=check.proto).death
