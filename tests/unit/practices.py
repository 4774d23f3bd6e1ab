"""Something to practise on, made up: checks, faults, attempts, and a lab that only notes what is run in it."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from netproof.lab.running import Result
from netproof.model import Answers, Check, Closed, Decoy, Fault, Pings, Practice, changed
from netproof.practice.attempt import Attempt
from netproof.practice.check_runner import Look
from netproof.practice.history import Record
from netproof.state.instance import Instance

WEB = Answers("web", "The web answers.", "client", "203.0.113.1", 80, by="outsider")
GATEWAY = Pings("gateway", "The gateway answers.", "client", "10.0.0.1")
INWARD = Closed("inward", "Nobody comes in.", "outsider", "10.0.0.2", proto="icmp")
CHECKS: tuple[Check, ...] = (WEB, GATEWAY, INWARD)
DECOY = Decoy(
    id="by-design",
    layer="dns",
    level=2,
    ticket="It has no name.",
    why="Nothing gives it one.",
    at="client",
    look="client: getent hosts",
    proof="q2.1",
)


def fault(name: str = "cut", **changes: Any) -> Fault:
    """A fault by id, or by id[variant], that one check notices; its commands are its name."""
    identity, _, variant = name.removesuffix("]").partition("[")
    about: dict[str, Any] = {
        "layer": "nat",
        "level": 1,
        "ticket": f"{name} is reported.",
        "what": f"{name} is the truth.",
        "at": "host",
        "look": f"host: look at {name}",
        "change": changed("host", f"inject {name}", f"took {name}", f"undo {name}"),
        "shows": {"web": "timeout"},
    }
    return Fault(id=identity, variant=variant, **about | changes)


def practice(*faults: Fault, **changes: Any) -> Practice:
    """These faults, and the checks above."""
    return Practice(**{"checks": CHECKS, "faults": faults, **changes})


def attempt(*faults: str, **changes: Any) -> Attempt:
    """An attempt at faults of these names."""
    return Attempt(
        **{"lab": "sound", "engine": "26.1", "firewall": "nft", "seed": 7, "faults": list(faults), **changes}
    )


def record(*faults: str, **changes: Any) -> Record:
    """An attempt that was solved."""
    about: dict[str, Any] = {
        "id": "a1",
        "ended": "2030-01-02T03:04:05+0000",
        "lab": "sound",
        "engine": "26.1",
        "firewall": "nft",
        "seed": 7,
        "faults": list(faults),
        "decoy": False,
        "outcome": "solved",
        "seconds": 12.5,
    }
    return Record(**about | changes)


def looks(**outcomes: str) -> list[Look]:
    """What checks brought; green unless given."""
    return [Look(check, outcomes.get(check.id, "green"), "seen") for check in CHECKS]


@define
class NotedLab:
    """Stands in for a running lab: notes commands; those in `failing` end with 1."""

    failing: set[str] = field(factory=set)
    ran: list[tuple[str, str]] = field(factory=list)
    instance: Instance = field(factory=lambda: Instance("sound"))

    def run(self, at: str, command: str, limit: float | None = None) -> Result:
        """Nothing happens."""
        del limit
        self.ran.append((at, command))
        failed = command in self.failing
        return Result(int(failed), "", "it failed" if failed else "", timed_out=False)
