"""What a walk found, as plain data: `attrs.asdict` makes JSON of it."""

from __future__ import annotations

from attrs import field, frozen

SEEN, INFERRED, LAST_SEEN = "seen", "inferred", "last seen"


@frozen(kw_only=True)
class Station:
    """One thing a packet passed.

    `kind` is name, process, interface, bridge, rule, policy, conntrack, route, encapsulation or lost. `place` is the
    namespace as people call it, `name` what there: an interface, or hook and chain. `text` is the rule, the route, the
    entry; `verdict` what became of the packet. `source` and `target` are the packet's ends when it got here,
    `after_source` and `after_target` when it left, if they are others. `outer` are the headers it is carried in.
    `told_by` says who told: capture, nftables, NFLOG, counter, netlink or conntrack. `at` is in seconds since the
    walk's first packet, where the kernel told a time.
    """

    kind: str
    place: str
    name: str = ""
    text: str = ""
    verdict: str = ""
    hook: str = ""
    table: str = ""
    chain: str = ""
    source: str = ""
    target: str = ""
    after_source: str = ""
    after_target: str = ""
    outer: str = ""
    told_by: str = ""
    at: float | None = None

    @property
    def translates(self) -> bool:
        """Whether the packet left with other addresses than it came with."""
        return bool(self.after_source or self.after_target)


@frozen(kw_only=True)
class Leg:
    """The way of one packet.

    `direction` is there, back, error (an ICMP message about it), relay (what docker-proxy asks in turn), relay-back or
    relay-error (what came of that, where no answer did), or name (the lookup of one that has no address).
    `packet` describes it, `complete` says whether it reached where it was going.
    """

    direction: str
    packet: str
    stations: tuple[Station, ...] = ()
    complete: bool = True


@frozen(kw_only=True)
class Death:
    """Where the exchange ended, and why.

    `place` is the namespace in which, or on whose interface, it ended; `layer` one of the layers of faults, or unknown;
    `why` one sentence; `proof` what says so: the rule, the route, the neighbour, the counter.

    `basis` is how that is known: SEEN where a trace, the kernel's reason for a drop, a counter or a capture says just
    that; INFERRED where it follows from what was seen and from how things were found afterwards; LAST_SEEN where it is
    only how far could be seen. `evidence` is all that speaks for it, `against` what does not go with it.
    """

    place: str
    layer: str
    why: str
    proof: str = ""
    basis: str = INFERRED
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it says what happened, and not only how far could be seen."""
        return self.basis != LAST_SEEN


@frozen(kw_only=True)
class Walk:
    """One exchange: who asked whom how, the packets' ways, how it ended, and who told all that.

    `address` is "" where the asker's resolver has none for the target's name.
    `outcome` is no address, answered, delivered (a datagram, and nothing came back), silent (connected, then nothing),
    broken off (the answer lacks its end), timeout, refused, unreachable, reset, forbidden or failed. `note` is what is
    to be said of one that did not die, and was not answered either.
    `told_by` are the sources in use, `missing` what the kernel did not offer.
    """

    lab: str
    engine: str
    firewall: str
    kernel: str
    source: str
    target: str
    address: str
    proto: str
    port: int
    outcome: str
    errno: str = ""
    answer: str = ""
    legs: tuple[Leg, ...] = ()
    death: Death | None = None
    note: str = ""
    told_by: tuple[str, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())

    @property
    def stations(self) -> tuple[Station, ...]:
        """Every station of every leg, in order."""
        return tuple(station for leg in self.legs for station in leg.stations)
