"""The kernel's reasons for dropping a packet (include/net/dropreason-core.h), and what they mean for people."""

from __future__ import annotations

from attrs import frozen

_NETWORK = frozenset({"route", "nat"})
_BELOW = frozenset({"neighbour", "link", "macvlan", "overlay"})


@frozen
class Reason:
    """A layer of faults, what happened in half a sentence, and the layers of what may have led to it."""

    layer: str
    says: str
    causes: frozenset[str] = frozenset()

    def agrees(self, layer: str) -> bool:
        """Whether a verdict about a layer goes with it."""
        return layer == self.layer or layer in self.causes


def _of(layer: str, says: str, *names: str, causes: frozenset[str] = frozenset()) -> dict[str, Reason]:
    return dict.fromkeys(names, Reason(layer, says, causes))


_OVERLAY = frozenset({"overlay", "namespace"})
_REASONS: dict[str, Reason] = {
    **_of("process", "no socket there is for it", "NO_SOCKET", causes=frozenset({"nat", "namespace", "route"})),
    **_of("process", "the connection was closed", "SOCKET_CLOSE", "TCP_CLOSE", "TCP_RESET"),
    **_of("process", "the program left unread what was sent, and closed", "TCP_ABORT_ON_DATA"),
    **_of("process", "a filter on the program's socket refused it", "SOCKET_FILTER"),
    **_of(
        "process",
        "the program's queue is full",
        "SOCKET_RCVBUFF",
        "SOCKET_BACKLOG",
        "TCP_LISTEN_OVERFLOW",
        "PROTO_MEM",
    ),
    **_of("process", "nothing there speaks this protocol", "IP_NOPROTO", "UNHANDLED_PROTO", "INVALID_PROTO"),
    **_of("filter", "a rule of the firewall dropped it", "NETFILTER_DROP", causes=_NETWORK),
    **_of("filter", "an IPsec policy blocks it", "XFRM_POLICY"),
    **_of("filter", "a filter of tc dropped it on its way in", "TC_INGRESS"),
    **_of("filter", "a filter of tc dropped it on its way out", "TC_EGRESS"),
    **_of("filter", "a BPF program of the cgroup refused it", "BPF_CGROUP_EGRESS"),
    **_of("filter", "an XDP program dropped it", "XDP", causes=frozenset({"link"})),
    **_of("filter", "a security module refused it", "SECURITY_HOOK"),
    **_of(
        "link",
        "the queue of the interface dropped it",
        "QDISC_DROP",
        "QDISC_OVERLIMIT",
        "QDISC_CONGESTED",
        "FQ_FLOW_LIMIT",
        "FQ_BAND_LIMIT",
        "FQ_HORIZON_LIMIT",
        "CPU_BACKLOG",
        "FULL_RING",
    ),
    **_of("link", "the interface is not ready", "DEV_READY", "DEV_HDR"),
    **_of(
        "link",
        "the bridge has no port to send it by",
        "NO_TX_TARGET",
        "BRIDGE_INGRESS_STP_STATE",
        "LOCAL_MAC",
        causes=_BELOW,
    ),
    **_of("link", "its sender's MAC address is not valid", "MAC_INVALID_SOURCE"),
    **_of("link", "its checksum is wrong", "IP_CSUM", "TCP_CSUM", "UDP_CSUM", "ICMP_CSUM", "SKB_CSUM"),
    **_of("link", "IPv6 is off on the interface", "IPV6DISABLED", causes=frozenset({"route"})),
    **_of("neighbour", "it is for another MAC address", "OTHERHOST", causes=_BELOW),
    **_of(
        "neighbour",
        "nobody told the MAC address of the next hop",
        "NEIGH_FAILED",
        "NEIGH_QUEUEFULL",
        "NEIGH_CREATEFAIL",
        "NEIGH_DEAD",
        "NEIGH_HH_FILLFAIL",
        causes=_BELOW | _OVERLAY | {"route"},
    ),
    **_of("route", "answers to its source would leave by another interface (rp_filter)", "IP_RPFILTER"),
    **_of(
        "route",
        "its source is not one that may come in there",
        "IP_LOCAL_SOURCE",
        "IP_INVALID_SOURCE",
        causes=_NETWORK,
    ),
    **_of("route", "addresses of the loopback are not routed there (route_localnet)", "IP_LOCALNET", causes=_NETWORK),
    **_of(
        "route",
        "there is no route for it",
        "IP_INNOROUTES",
        "IP_OUTNOROUTES",
        "IP_INADDRERRORS",
        "IP_INVALID_DEST",
        causes=_NETWORK | {"neighbour", "macvlan"},
    ),
    **_of("route", "its header is not one to forward", "IP_INHDR"),
    **_of("mtu", "it is too big", "PKT_TOO_BIG", "PKT_TOO_SMALL", causes=frozenset({"link"})),
    **_of("mtu", "its fragments were not put together", "FRAG_REASM_TIMEOUT", "FRAG_TOO_FAR", "DUP_FRAG"),
    **_of(
        "overlay",
        "the tunnel did not take it",
        "VXLAN_INVALID_HDR",
        "VXLAN_VNI_NOT_FOUND",
        "VXLAN_ENTRY_EXISTS",
        "TUNNEL_TXINFO",
        "IP_TUNNEL_ECN",
        causes=_OVERLAY,
    ),
}


def meaning(reason: str) -> Reason | None:
    """What a reason means; None for one that does not tell where to look."""
    found = _REASONS.get(reason)
    if found is None and reason.startswith("TCP_"):
        return Reason("process", "TCP did not accept it", frozenset({"nat", "filter"}))
    return found
