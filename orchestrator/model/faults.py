"""Faults and decoys: what to practise on, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from netproof.errors import DefinitionError, UnknownName
from netproof.model.changes import Change, Step, steps
from netproof.model.checks import Check
from netproof.model.validators import checked_name, one_or_more, several

ENGINES = ("20.10", "26.1", "28.5")

# From the application down to the wire, then what is not of one container.
LAYERS = {
    "process": "what the containers run, and which of their ports are published",
    "namespace": "addresses and interfaces inside a container",
    "link": "veths, bridges and cables",
    "neighbour": "ARP: which MAC has an address",
    "route": "routes, forwarding and other sysctls",
    "filter": "what the firewall lets through",
    "nat": "address translation and connection tracking",
    "dns": "names",
    "mtu": "how large a packet may be",
    "macvlan": "macvlan, its modes and its parent",
    "overlay": "VXLAN and what a swarm tells its nodes",
    "engine": "the engine and its settings",
}
LEVELS = (1, 2, 3)
# How a claim's test fails; what a check does is in netproof.model.checks.
MANNERS = ("timeout", "refused", "unreachable", "reset", "forbidden", "failed", "answered", "no reply", "differs")

Signature = Mapping[str, str | Mapping[str, str]]


def alternatives(how: str) -> list[str]:
    """The manners that a declared one allows: `timeout or unreachable`, where it depends on when one looks."""
    return how.split(" or ")


def _on(signature: Signature, engine: str) -> dict[str, str]:
    """What of a signature holds for one engine: an entry may differ by engine, or be missing for some."""
    found = {name: how if isinstance(how, str) else how.get(engine, "") for name, how in signature.items()}
    return {name: how for name, how in found.items() if how}


@frozen(kw_only=True)
class Fault:
    """A deliberate change with everything that practice needs, and a proof: what exactly it turns red.

    `ticket` is what users say; `what` is the truth; `at` the place that is broken; `look` the command that shows it,
    and where; `tells` what distinguishes it from faults it may be taken for, by their ids. `shows` are checks and
    `reddens` claims, each with the manner in which it turns red (`timeout`, or `timeout or unreachable`), or with
    {engine: manner}, where an engine left out stays green.

    A fault of several variants (another container, another port) is declared once for each.
    """

    id: str = field(validator=checked_name)
    layer: str
    level: int
    ticket: str
    what: str
    at: str
    look: str
    change: Change
    reddens: Signature = field(factory=dict)
    shows: Signature = field(factory=dict)
    repair: tuple[Step, ...] = field(default=(), converter=steps)
    tells: Mapping[str, str] = field(factory=dict)
    variant: str = ""
    engines: tuple[str, ...] = field(default=(), converter=one_or_more)
    firewalls: tuple[str, ...] = field(default=(), converter=one_or_more)
    needs: tuple[str, ...] = field(default=(), converter=one_or_more)

    def __attrs_post_init__(self) -> None:
        for name, value, known in (("layer", self.layer, LAYERS), ("level", self.level, LEVELS)):
            if value not in known:
                raise DefinitionError(f"{name} of fault {self.id}", value, "is unknown", f"One of {list(known)}.")

    @property
    def name(self) -> str:
        """The fault and its variant: cable-out[con-a]."""
        return f"{self.id}[{self.variant}]" if self.variant else self.id

    @property
    def mending(self) -> tuple[Step, ...]:
        """The reference repair: what a person would type, or else the exact undo."""
        return self.repair or self.change.undo

    @property
    def is_visible(self) -> bool:
        """Whether a check notices it, so that it can be practised on; claims notice more."""
        return bool(self.shows)

    def applies(self, engine: str, firewall: str) -> bool:
        """Whether it is a fault on this engine with this flavour of iptables."""
        return (not self.engines or engine in self.engines) and (not self.firewalls or firewall in self.firewalls)

    def claims_on(self, engine: str) -> dict[str, str]:
        """{claim: manner} of the claims it turns red on an engine."""
        return _on(self.reddens, engine)

    def checks_on(self, engine: str) -> dict[str, str]:
        """{check: manner} of the checks it turns red on an engine."""
        return _on(self.shows, engine)


@frozen(kw_only=True)
class Decoy:
    """A ticket about something that works as designed: nothing is broken, and `why` says why it must be so."""

    id: str = field(validator=checked_name)
    layer: str
    level: int
    ticket: str
    why: str
    at: str
    look: str
    proof: str

    def __attrs_post_init__(self) -> None:
        for name, value, known in (("layer", self.layer, LAYERS), ("level", self.level, LEVELS)):
            if value not in known:
                raise DefinitionError(f"{name} of decoy {self.id}", value, "is unknown", f"One of {list(known)}.")


def _sets(given: Iterable[Iterable[str]]) -> tuple[frozenset[str], ...]:
    return tuple(map(frozenset, given))


@frozen(kw_only=True)
class Practice:
    """What there is to practise on a lab.

    `checks` say what is healthy. `together` are pairs of faults that do not hide each other, by name. `alike` are
    sets of faults that all checks and claims see in the same way. `unbroken` are claims that no fault turns red, with
    the reason.
    """

    checks: tuple[Check, ...] = field(default=(), converter=several)
    faults: tuple[Fault, ...] = field(default=(), converter=several)
    decoys: tuple[Decoy, ...] = field(default=(), converter=several)
    together: tuple[frozenset[str], ...] = field(default=(), converter=_sets)
    alike: tuple[frozenset[str], ...] = field(default=(), converter=_sets)
    unbroken: Mapping[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        kinds = {check.id: check.red for check in self.checks}
        _unique("check", [check.id for check in self.checks])
        _unique("fault", [fault.name for fault in self.faults] + [decoy.id for decoy in self.decoys])
        ids = [fault.id for fault in self.faults]
        for fault in self.faults:
            for engine in ENGINES:
                for check, how in fault.checks_on(engine).items():
                    _among(f"shows of fault {fault.name}", check, kinds)
                    _all_among(f"shows of fault {fault.name}, {check}", how, kinds[check])
                for how in fault.claims_on(engine).values():
                    _all_among(f"reddens of fault {fault.name}", how, MANNERS)
            for other in fault.tells:
                _among(f"tells of fault {fault.name}", other, ids)
        for found in (*self.together, *self.alike):
            for name in found:
                _among("together, alike", name, [fault.name for fault in self.faults])

    def fault(self, name: str) -> Fault:
        """The fault of this name, which has its variant in brackets when there are several; UnknownName."""
        for fault in self.faults:
            if fault.name == name:
                return fault
        raise UnknownName("fault", name, [fault.name for fault in self.faults])

    def decoy(self, wanted: str) -> Decoy:
        """The decoy of this id; UnknownName."""
        for decoy in self.decoys:
            if decoy.id == wanted:
                return decoy
        raise UnknownName("decoy", wanted, [decoy.id for decoy in self.decoys])

    def check(self, wanted: str) -> Check:
        """The check of this id; UnknownName."""
        for check in self.checks:
            if check.id == wanted:
                return check
        raise UnknownName("check", wanted, [check.id for check in self.checks])


def _unique(kind: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DefinitionError(kind, name, "is there twice", "Give each its own name or variant.")


def _all_among(where: str, how: str, known: Iterable[str]) -> None:
    for one in alternatives(how):
        _among(where, one, known)


def _among(where: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise DefinitionError(where, value, "is unknown", f"One of {', '.join(known)}.")
