"""Frames from a capture, decoded as far as claims need it."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

import dpkt
from attrs import frozen

VXLAN_PORT = 4789
_VXLAN_HEADER = 8
_ESP = 50
_SIX = 6


@frozen
class Packet:
    """A frame as seen on an interface: IP or ARP.

    `at` is in seconds since the epoch, `out` says the namespace sent it itself, `proto` is tcp, udp, icmp, icmpv6,
    arp, esp or a protocol number, `flags` are TCP's (`SYN`, `SYN,ACK`, …), `kind` is the ICMP message, by its type and
    code, or the ARP operation (`echo`, `host unreachable`, `time exceeded`, `request`, `reply`, …), `size` counts the
    bytes of the IP packet (of ARP: its own), `smac` and `dmac` are the frame's ends, `about` is the address that a
    neighbour solicitation or advertisement is about. A VXLAN packet has `vni` and, in `inner`, the frame it carries.
    `ident` is IPv4's identification, `seq` and `ack` are TCP's, `echo` is the identifier of a ping, and an ICMP error
    has in `quoted` the packet it is about.
    """

    at: float
    out: bool
    proto: str
    src: str
    dst: str
    sport: int | None
    dport: int | None
    flags: str
    size: int
    smac: str = ""
    dmac: str = ""
    kind: str = ""
    df: bool = False
    ttl: int = 0
    payload: bytes = b""
    vni: int | None = None
    inner: Packet | None = None
    ident: int = 0
    seq: int = 0
    ack: int = 0
    echo: int | None = None
    quoted: Packet | None = None
    about: str = ""

    def __str__(self) -> str:
        def end(address: str, port: int | None) -> str:
            shown = f"[{address}]" if ":" in address and port is not None else address
            return shown if port is None else f"{shown}:{port}"

        what = " ".join(word for word in (self.proto, self.flags, self.kind) if word)
        text = f"{end(self.src, self.sport)} -> {end(self.dst, self.dport)} {what}, {self.size} bytes"
        return text if self.inner is None else f"{text}, VNI {self.vni} [{self.inner}]"


_FLAGS = {"SYN": 0x02, "ACK": 0x10, "FIN": 0x01, "RST": 0x04, "PSH": 0x08}
_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 50: "esp", 58: "icmpv6"}
_ICMP = {0: "echo reply", 3: "unreachable", 4: "source quench", 5: "redirect", 8: "echo", 11: "time exceeded"}
_ICMP |= {12: "parameter problem"}
_UNREACHABLE = {
    0: "network unreachable",
    1: "host unreachable",
    2: "protocol unreachable",
    3: "port unreachable",
    4: "fragmentation needed",
    5: "source route failed",
    9: "network prohibited",
    10: "host prohibited",
    13: "administratively prohibited",
}
_ICMP6 = {
    1: "unreachable",
    2: "packet too big",
    3: "time exceeded",
    4: "parameter problem",
    128: "echo",
    129: "echo reply",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    137: "redirect",
}
_UNREACHABLE6 = {
    0: "no route",
    1: "administratively prohibited",
    2: "beyond scope",
    3: "address unreachable",
    4: "port unreachable",
    5: "source address failed policy",
    6: "route rejects",
}
_NEIGHBOUR = {135, 136}
_LONG = 16  # bytes of an IPv6 address
_ARP = {1: "request", 2: "reply"}


def decode(frame: dict[str, Any]) -> Packet | None:
    """The IP or ARP packet in a frame from the agent; None for other frames."""
    return _decode(base64.b64decode(frame["data"]), frame["at"], out=frame["out"])


def _decode(data: bytes, at: float, *, out: bool) -> Packet | None:
    try:
        frame = dpkt.ethernet.Ethernet(data)
    except dpkt.UnpackError:
        return None
    ends = {"smac": _mac(frame.src), "dmac": _mac(frame.dst)}
    if isinstance(frame.data, dpkt.arp.ARP):
        return _arp(frame.data, at, out=out, **ends)
    if not isinstance(frame.data, dpkt.ip.IP | dpkt.ip6.IP6):
        return None
    return _ip(frame.data, at, out=out, **ends)


def _size(ip: Any) -> int:
    """The bytes of an IP packet, its header included. dpkt cannot write every IPv6 packet that it reads."""
    if isinstance(ip, dpkt.ip.IP):
        return len(bytes(ip))
    return int(ip.__hdr_len__ + sum(header.length for header in ip.all_extension_headers) + len(ip.data))


def _mac(raw: bytes) -> str:
    return raw.hex(":")


def _arp(arp: Any, at: float, *, out: bool, smac: str, dmac: str) -> Packet:
    return Packet(
        at=at,
        out=out,
        proto="arp",
        src=str(ipaddress.ip_address(arp.spa)),
        dst=str(ipaddress.ip_address(arp.tpa)),
        sport=None,
        dport=None,
        flags="",
        size=len(bytes(arp)),
        smac=smac,
        dmac=dmac,
        kind=_ARP.get(arp.op, str(arp.op)),
    )


def _ip(ip: Any, at: float, *, out: bool, smac: str, dmac: str) -> Packet:
    above = ip.data
    tcp = above if isinstance(above, dpkt.tcp.TCP) else None
    vni, inner = _vxlan(above, at, out=out)
    proto = getattr(ip, "p", _ESP)  # the one header after which dpkt does not know what comes
    return Packet(
        at=at,
        out=out,
        proto=_NAMES.get(proto, str(proto)),
        src=str(ipaddress.ip_address(ip.src)),
        dst=str(ipaddress.ip_address(ip.dst)),
        sport=getattr(above, "sport", None),
        dport=getattr(above, "dport", None),
        flags=",".join(name for name, bit in _FLAGS.items() if tcp is not None and tcp.flags & bit),
        size=_size(ip),
        smac=smac,
        dmac=dmac,
        kind=_kind(above),
        df=bool(getattr(ip, "df", 0)),
        ttl=getattr(ip, "ttl", 0) or getattr(ip, "hlim", 0),
        payload=bytes(above.data) if isinstance(above, dpkt.udp.UDP | dpkt.tcp.TCP) else b"",
        vni=vni,
        inner=inner,
        ident=getattr(ip, "id", 0),
        seq=tcp.seq if tcp is not None else 0,
        ack=tcp.ack if tcp is not None else 0,
        echo=getattr(getattr(above, "data", None), "id", None) if _is_ping(above) else None,
        quoted=_quoted(above, at, out=out),
        about=_about(above),
    )


def headers(data: bytes) -> Packet | None:
    """The packet of which only the first bytes are known, from its IP header on."""
    try:
        ip = dpkt.ip6.IP6(data) if data[:1] and data[0] >> 4 == _SIX else dpkt.ip.IP(data)
        return _ip(ip, 0.0, out=False, smac="", dmac="")
    except (dpkt.UnpackError, AttributeError, ValueError):
        return None


def _about(above: Any) -> str:
    """Whose MAC address is asked for or told over IPv6 (RFC 4861, 4.3 and 4.4: behind four bytes)."""
    if not isinstance(above, dpkt.icmp6.ICMP6) or above.type not in _NEIGHBOUR:
        return ""
    target = bytes(above.data)[4:20]
    return str(ipaddress.ip_address(target)) if len(target) == _LONG else ""


def _is_ping(above: Any) -> bool:
    return isinstance(above, dpkt.icmp.ICMP | dpkt.icmp6.ICMP6) and "echo" in _kind(above)


def _quoted(above: Any, at: float, *, out: bool) -> Packet | None:
    """The packet that an ICMP error is about."""
    quoted = getattr(getattr(above, "data", None), "data", None)
    if not isinstance(above, dpkt.icmp.ICMP | dpkt.icmp6.ICMP6) or not isinstance(quoted, dpkt.ip.IP | dpkt.ip6.IP6):
        return None
    return _ip(quoted, at, out=out, smac="", dmac="")


def _kind(above: Any) -> str:
    """What an ICMP message is, by its type and code."""
    if isinstance(above, dpkt.icmp.ICMP):
        named = _UNREACHABLE.get(above.code) if above.type == dpkt.icmp.ICMP_UNREACH else None
        return named or _ICMP.get(above.type, str(above.type))
    if isinstance(above, dpkt.icmp6.ICMP6):
        named = _UNREACHABLE6.get(above.code) if above.type == dpkt.icmp6.ICMP6_DST_UNREACH else None
        return named or _ICMP6.get(above.type, str(above.type))
    return ""


def _vxlan(above: Any, at: float, *, out: bool) -> tuple[int | None, Packet | None]:
    """The network number and the inner packet of VXLAN (RFC 7348) on its standard port."""
    if not isinstance(above, dpkt.udp.UDP) or above.dport != VXLAN_PORT:
        return None, None
    data = bytes(above.data)
    if len(data) < _VXLAN_HEADER or not data[0] & 0x08:
        return None, None
    return int.from_bytes(data[4:7], "big"), _decode(data[_VXLAN_HEADER:], at, out=out)
