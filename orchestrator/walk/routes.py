"""The route decision in a namespace on a packet's way."""

from __future__ import annotations

import re

from attrs import evolve, frozen

from netproof.facts.packets import VXLAN_PORT, Packet
from netproof.walk.observations import Seen, Traversal
from netproof.walk.segments import NamespaceHop, became, given_back

_BEFORE = {"ingress", "prerouting"}
_DNAT = re.compile(r"-j DNAT --to-destination (\[[^\]]+\]|[0-9.]+)(?::(\d+))?")


@frozen
class Query:
    """A packet to find a route for: its ends, where it came in ("" where it was made), its mark, protocol and ports.

    Protocol and ports ("" and 0 where they do not matter) are there for rules of `ip rule` that match them.
    """

    dst: str
    src: str = ""
    iif: str = ""
    mark: int = 0
    proto: str = ""
    sport: int = 0
    dport: int = 0


@frozen
class Route:
    """What the kernel answers: type (unicast, local, unreachable, …) or the name of the error."""

    query: Query
    type: str = ""
    gateway: str = ""
    interface: str = ""
    source: str = ""
    mtu: int = 0
    error: str = ""


def question(seen: Seen, segment: NamespaceHop, *, first: bool, kept: bool = False) -> Query | None:
    """What to ask in a namespace; None where the packet passed below IP. `kept`: it was for the namespace itself."""
    packet = segment.first
    if any(step.verdict == "drop" for chain in segment.chains if chain.hook in _BEFORE for step in chain.steps):
        return None
    if not segment.came:
        if not first and not segment.chains:  # a macvlan's frame that leaves by the parent
            return None
        before = next((chain.packet for chain in segment.chains if chain.hook in {"output", "postrouting"}), packet)
        return _query(_sent_to(segment, before), before, before, "", _marked(segment, "output"))
    came = segment.came[-1]
    link = seen.links[segment.place].get(came.interface)
    if link is None or link.master or came.how == "other" or came.interface == "lo":
        return None
    outer = came.packet if came.packet.inner is not None else None
    if outer is not None and outer.dport == VXLAN_PORT:
        return _query(outer.dst, outer, outer, came.interface)
    routed = next((chain.packet for chain in segment.chains if chain.hook in {"input", "forward"}), None)
    if routed is None:
        routed = segment.went[0].packet if segment.went else after_prerouting(seen, segment)
        routed = routed if segment.went or kept else given_back(seen, segment.place, routed)
    return _query(routed.dst, packet, routed, came.interface, _marked(segment, "prerouting"))


def _query(target: str, first: Packet, routed: Packet, iif: str, mark: int = 0) -> Query:
    """`first` is the packet as it came, with the source it still has; `routed` has the port it goes to."""
    return Query(target, first.src, iif, mark, first.proto, first.sport or 0, routed.dport or 0)


def _sent_to(segment: NamespaceHop, before: Packet) -> str:
    """The destination of a packet that was made here: a rule may have given it another one, and its route was looked up
    again.
    """
    rewritten = next((one for chain in segment.chains if chain.hook == "output" and (one := _rewritten(chain))), "")
    after = next((chain.packet.dst for chain in segment.chains if chain.hook == "postrouting"), "")
    return after or rewritten or before.dst


def _rewritten(chain: Traversal) -> str:
    """The destination that a rule of a chain gives."""
    return next((found[1].strip("[]") for step in chain.steps if (found := _DNAT.search(step.text))), "")


def _marked(segment: NamespaceHop, hook: str) -> int:
    """The packet's mark when its route was looked for."""
    return next((chain.mark for chain in reversed(segment.chains) if chain.hook == hook and chain.mark), 0)


def after_prerouting(seen: Seen, segment: NamespaceHop) -> Packet:
    """The packet as the route decision sees it: where nothing came after it, conntrack or the rule says what it was."""
    tracked = became(seen, segment.place, segment.first)
    if not segment.chains or tracked is not segment.first:
        return tracked
    last = segment.chains[-1]
    rewritten = next((found for step in last.steps if (found := _DNAT.search(step.text))), None)
    if rewritten is None:
        return last.packet
    return evolve(last.packet, dst=rewritten[1].strip("[]"), dport=int(rewritten[2] or last.packet.dport or 0))


def said(route: Route) -> str:
    """A route decision in the words of `ip route get`."""
    query = route.query
    words = [query.dst, *(["from", query.src, "iif", query.iif] if query.iif else [])]
    words += ["mark", hex(query.mark)] if query.mark else []
    if route.error:
        return " ".join([*words, f"({route.error})"])
    if route.gateway:
        words += ["via", route.gateway]
    if route.interface and route.type != "local":
        words += ["dev", route.interface]
    return " ".join(words)
