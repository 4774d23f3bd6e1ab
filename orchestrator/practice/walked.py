"""How many faults a walk finds: each is injected, a check it turns red is walked, and undone again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import frozen

from orchestrator.model import Answers, Fault, Pings, Practice
from orchestrator.practice.injecting import apply, undo
from orchestrator.running import RunningLab
from orchestrator.walk import Death, walk

DROPPING = {"timeout", "refused", "unreachable", "reset", "forbidden", "no reply", "failed"}


@frozen
class Found:
    """What a walk said about a fault: `right` when it named the place, `exact` when it named the layer, too."""

    fault: str
    check: str
    at: str
    layer: str
    death: Death | None
    problem: str = ""

    @property
    def right(self) -> bool:
        """Whether the place where the exchange ended is the one that is broken."""
        return self.death is not None and self.death.certain and self.death.place.partition("/")[0] == self.at

    @property
    def honest(self) -> bool:
        """Whether it said that it could not see why."""
        return self.death is not None and not self.death.certain


def dropping(practice: Practice, engine: str, firewall: str) -> Iterator[tuple[Fault, Answers | Pings]]:
    """Each fault that drops packets, with the first check that a walk can repeat."""
    for fault in practice.faults:
        if not fault.applies(engine, firewall):
            continue
        for name, how in fault.checks_on(engine).items():
            check = practice.check(name)
            if isinstance(check, Answers | Pings) and set(how.split(" or ")) & DROPPING:
                yield fault, check
                break


def walk_faults(lab: RunningLab, chosen: Iterable[tuple[Fault, Answers | Pings]]) -> Iterator[Found]:
    """Inject each, walk its check, undo it."""
    for fault, check in chosen:
        try:
            apply(lab, fault.change.inject)
            death, problem = _walk(lab, check), ""
        finally:
            failed = undo(lab, fault.change)
        yield Found(fault.name, check.id, fault.at, fault.layer, death, problem or "; ".join(failed))


def _walk(lab: RunningLab, check: Answers | Pings) -> Death | None:
    if isinstance(check, Pings):
        return walk(lab, check.at, check.to, proto="icmp", size=check.size, df=check.df).death
    target = f"[{check.to}]:{check.port}" if ":" in check.to else f"{check.to}:{check.port}"
    return walk(lab, check.at, target, proto=check.proto).death
