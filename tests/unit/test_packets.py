"""Frames become packets with what claims are about; what is no IP packet becomes None."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.facts.packets import Packet, decode

CLIENT, OUTSIDER = "10.0.0.2", "203.0.113.1"
TCP = dpkt.tcp


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def ethernet(payload: Any, kind: int = dpkt.ethernet.ETH_TYPE_IP) -> bytes:
    """An Ethernet frame around a packet."""
    return bytes(dpkt.ethernet.Ethernet(src=b"\2\0\0\0\0\1", dst=b"\2\0\0\0\0\2", type=kind, data=payload))


def ip(payload: Any, proto: int) -> Any:
    """An IPv4 packet from the client to the outsider."""
    made = dpkt.ip.IP(src=packed(CLIENT), dst=packed(OUTSIDER), p=proto, data=payload)
    made.len = len(made)
    return made


def seen(frame: bytes, *, out: bool = False) -> Packet | None:
    """What is made of a frame as the agent sends it."""
    return decode({"at": 7.5, "out": out, "data": base64.b64encode(frame).decode()})


def tcp(flags: int, payload: bytes = b"") -> bytes:
    return ethernet(ip(TCP.TCP(sport=40000, dport=80, flags=flags, data=payload), dpkt.ip.IP_PROTO_TCP))


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (TCP.TH_SYN, "SYN"),
        (TCP.TH_SYN | TCP.TH_ACK, "SYN,ACK"),
        (TCP.TH_ACK, "ACK"),
        (TCP.TH_RST, "RST"),
        (0, ""),
    ],
)
def test_tcp_flags_are_named(flags: int, named: str) -> None:
    """A handshake's packets are told apart by name."""
    packet = seen(tcp(flags))
    assert packet is not None
    assert packet.flags == named


@pytest.mark.parametrize("flags", [TCP.TH_FIN | TCP.TH_ACK, TCP.TH_PUSH | TCP.TH_ACK, TCP.TH_RST | TCP.TH_ACK])
def test_several_flags_are_all_named(flags: int) -> None:
    """Each flag that is set is in the name, in whatever order."""
    packet = seen(tcp(flags))
    assert packet is not None
    assert len(packet.flags.split(",")) == 2
    assert "ACK" in packet.flags.split(",")


def test_a_tcp_packet_has_addresses_ports_size_and_direction() -> None:
    """Everything a claim asks for is there."""
    packet = seen(tcp(TCP.TH_SYN, b"hello"), out=True)
    assert packet is not None
    assert (packet.at, packet.out, packet.proto, packet.size) == (7.5, True, "tcp", 20 + 20 + 5)
    assert (packet.src, packet.sport, packet.dst, packet.dport) == (CLIENT, 40000, OUTSIDER, 80)
    assert (packet.flags, packet.payload) == ("SYN", b"hello")


def test_the_padding_of_a_short_frame_is_not_counted() -> None:
    """Ethernet fills frames up to 60 bytes; the packet is as long as it says."""
    packet = seen(tcp(TCP.TH_ACK) + b"\0" * 6)
    assert packet is not None
    assert packet.size == 40


def test_a_udp_packet_has_ports_and_no_flags() -> None:
    """UDP has ports, too."""
    packet = seen(ethernet(ip(dpkt.udp.UDP(sport=53, dport=5353, ulen=12, data=b"data"), dpkt.ip.IP_PROTO_UDP)))
    assert packet is not None
    assert (packet.proto, packet.sport, packet.dport, packet.flags) == ("udp", 53, 5353, "")


def test_an_icmp_packet_has_no_ports() -> None:
    """A ping is between addresses only."""
    echo = dpkt.icmp.ICMP(type=dpkt.icmp.ICMP_ECHO, data=dpkt.icmp.ICMP.Echo(id=1, seq=2, data=b"ping"))
    packet = seen(ethernet(ip(echo, dpkt.ip.IP_PROTO_ICMP)))
    assert packet is not None
    assert (packet.proto, packet.src, packet.dst) == ("icmp", CLIENT, OUTSIDER)
    assert packet.sport is packet.dport is None


def test_an_icmp_error_is_not_taken_for_the_packet_it_is_about() -> None:
    """Ports of the packet quoted in an error are not the error's."""
    about = ip(TCP.TCP(sport=40000, dport=80), dpkt.ip.IP_PROTO_TCP)
    body = dpkt.icmp.ICMP.Unreach(data=about)
    packet = seen(ethernet(ip(dpkt.icmp.ICMP(type=dpkt.icmp.ICMP_UNREACH, code=1, data=body), dpkt.ip.IP_PROTO_ICMP)))
    assert packet is not None
    assert (packet.proto, packet.sport, packet.flags) == ("icmp", None, "")


def test_an_ipv6_packet_is_decoded() -> None:
    """IPv6 addresses are written as people write them."""
    segment = TCP.TCP(sport=1, dport=2, flags=TCP.TH_SYN)
    made = dpkt.ip6.IP6(
        src=packed("2001:db8::1"), dst=packed("2001:db8::2"), nxt=dpkt.ip.IP_PROTO_TCP, plen=20, data=segment
    )
    packet = seen(ethernet(made, dpkt.ethernet.ETH_TYPE_IP6))
    assert packet is not None
    assert (packet.src, packet.dst, packet.proto, packet.dport) == ("2001:db8::1", "2001:db8::2", "tcp", 2)


def test_a_later_fragment_has_no_ports() -> None:
    """Only the first fragment of a packet holds its ports."""
    made = ip(b"\x9c\x40\0\x50" + b"x" * 16, dpkt.ip.IP_PROTO_UDP)
    made.offset = 64
    packet = seen(ethernet(made))
    assert packet is not None
    assert (packet.proto, packet.sport) == ("udp", None)


def test_an_unknown_protocol_keeps_its_number() -> None:
    """Nothing is invented for a protocol that has no name here."""
    packet = seen(ethernet(ip(b"?" * 8, 253)))
    assert packet is not None
    assert packet.proto == "253"


def test_arp_has_its_addresses_and_operation() -> None:
    """Who asks for whom is in a request."""
    arp = dpkt.arp.ARP(sha=b"\2\0\0\0\0\1", spa=packed(CLIENT), tpa=packed(OUTSIDER))
    packet = seen(ethernet(arp, dpkt.ethernet.ETH_TYPE_ARP))
    assert packet is not None
    assert (packet.proto, packet.kind, packet.src, packet.dst) == ("arp", "request", CLIENT, OUTSIDER)


def test_vxlan_is_opened() -> None:
    """What a VXLAN packet carries is decoded with its network number; outer minus inner frame are 50 bytes."""
    carried = ethernet(tcp_ip := ip(TCP.TCP(sport=1, dport=2), dpkt.ip.IP_PROTO_TCP))
    data = b"\x08\0\0\0" + (4097).to_bytes(3, "big") + b"\0" + bytes(carried)
    outer = dpkt.udp.UDP(sport=50000, dport=4789, ulen=8 + len(data), data=data)
    packet = seen(ethernet(ip(outer, dpkt.ip.IP_PROTO_UDP)))
    assert packet is not None
    assert packet.inner is not None
    assert (packet.vni, packet.inner.sport, packet.inner.size) == (4097, 1, len(bytes(tcp_ip)))
    assert packet.size - packet.inner.size == 50


@pytest.mark.parametrize("length", [0, 1, 13, 14, 20, 33])
def test_a_frame_cut_off_before_its_packets_header_ends_is_no_packet(length: int) -> None:
    """Too little of a packet is none."""
    assert seen(tcp(TCP.TH_SYN)[:length]) is None


@given(st.binary(max_size=80))
def test_no_frame_whatever_is_an_error(frame: bytes) -> None:
    """Whatever arrives on an interface, a claim goes on."""
    packet = seen(frame)
    assert packet is None or packet.size <= len(frame)


@given(st.binary(max_size=60), st.sampled_from([1, 2, 4, 6, 17, 41, 47, 50, 58, 89, 132]))
def test_no_payload_whatever_is_an_error(payload: bytes, proto: int) -> None:
    """A packet whose payload is not what its protocol says is still a packet."""
    packet = seen(ethernet(ip(payload, proto)))
    assert packet is not None
    assert packet.src == CLIENT


@pytest.mark.parametrize(
    ("packet", "text"),
    [
        (Packet(0, False, "tcp", "10.0.0.2", "203.0.113.1", 1, 80, "SYN", 60), "10.0.0.2:1 -> 203.0.113.1:80 tcp SYN"),  # noqa: FBT003
        (Packet(0, False, "icmp", "10.0.0.2", "203.0.113.1", None, None, "", 84), "10.0.0.2 -> 203.0.113.1 icmp,"),  # noqa: FBT003
    ],
    ids=["tcp", "icmp"],
)
def test_a_packet_reads_as_a_line_of_evidence(packet: Packet, text: str) -> None:
    """From where, to where, what, how long."""
    assert str(packet).startswith(text)
    assert str(packet).endswith(f"{packet.size} bytes")


# Kinds of messages


def kind_of(frame: bytes) -> str:
    packet = seen(frame)
    assert packet is not None
    return packet.kind


def icmp(kind: int, code: int = 0) -> bytes:
    return ethernet(ip(dpkt.icmp.ICMP(type=kind, code=code, data=b"\0" * 8), dpkt.ip.IP_PROTO_ICMP))


def ip6(payload: bytes, proto: int) -> bytes:
    """Written by hand: dpkt reads IPv6 that it cannot write."""
    header = b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([proto, 64])
    ends = packed("2001:db8::1") + packed("2001:db8::2")
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x86\xdd" + header + ends + payload


@pytest.mark.parametrize(
    ("kind", "code", "named"),
    [
        (0, 0, "echo reply"),
        (8, 0, "echo"),
        (3, 0, "network unreachable"),
        (3, 1, "host unreachable"),
        (3, 3, "port unreachable"),
        (3, 7, "unreachable"),
        (3, 13, "administratively prohibited"),
        (3, 4, "fragmentation needed"),
        (5, 1, "redirect"),
        (11, 0, "time exceeded"),
        (11, 4, "time exceeded"),
        (13, 0, "13"),
        (8, 4, "echo"),
    ],
)
def test_icmp_messages_are_named(kind: int, code: int, named: str) -> None:
    """What a packet's size ran into is told from other errors; a kind without a name keeps its number."""
    assert kind_of(icmp(kind, code)) == named


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (1, "no route"),
        (2, "packet too big"),
        (128, "echo"),
        (129, "echo reply"),
        (3, "time exceeded"),
        (134, "router advertisement"),
        (135, "neighbour solicitation"),
        (136, "neighbour advertisement"),
        (143, "143"),
    ],
)
def test_icmpv6_messages_are_named(kind: int, named: str) -> None:
    packet = seen(ip6(bytes([kind, 0, 0, 0]) + b"\0" * 20, 58))
    assert packet is not None
    assert (packet.proto, packet.kind, packet.sport) == ("icmpv6", named, None)


@pytest.mark.parametrize(("operation", "named"), [(1, "request"), (2, "reply"), (3, "3")])
def test_arp_operations_are_named(operation: int, named: str) -> None:
    arp = dpkt.arp.ARP(op=operation, sha=b"\2\0\0\0\0\1", spa=packed(CLIENT), tpa=packed(OUTSIDER))
    packet = seen(ethernet(arp, dpkt.ethernet.ETH_TYPE_ARP))
    assert packet is not None
    assert (packet.kind, packet.smac, packet.dmac) == (named, "02:00:00:00:00:01", "02:00:00:00:00:02")


@pytest.mark.parametrize("df", [True, False])
def test_whether_a_packet_may_be_taken_apart_is_known(df: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Each by its own bit; and how many hops it has left."""
    made = ip(b"?" * 8, 253)
    made.df, made.ttl = int(df), 63
    packet = seen(ethernet(made))
    assert packet is not None
    assert (packet.df, packet.ttl) == (df, 63)


def test_an_ipv6_packet_has_hops_and_no_such_bit() -> None:
    packet = seen(ip6(bytes([128, 0, 0, 0]) + b"\0" * 4, 58))
    assert packet is not None
    assert (packet.df, packet.ttl) == (False, 64)


def test_an_encrypted_ipv6_packet_is_still_a_packet() -> None:
    """What it carries is not known; how long it is, is."""
    packet = seen(ip6(b"\0\0\1\0" + b"\0" * 28, 50))
    assert packet is not None
    assert (packet.proto, packet.size, packet.sport) == ("esp", 72, None)


# VXLAN


def vxlan(carried: bytes, *, port: int = 4789, flags: int = 0x08, vni: int = 4097) -> bytes:
    data = bytes([flags, 0, 0, 0]) + vni.to_bytes(3, "big") + b"\0" + carried
    return ethernet(ip(dpkt.udp.UDP(sport=50000, dport=port, ulen=8 + len(data), data=data), dpkt.ip.IP_PROTO_UDP))


@pytest.mark.parametrize(("port", "flags"), [(4788, 0x08), (8472, 0x08), (4789, 0x00), (4789, 0xF7)])
def test_what_is_not_vxlan_is_not_opened(port: int, flags: int) -> None:
    """Another port, or a header that does not say that its network number is valid."""
    packet = seen(vxlan(tcp(TCP.TH_SYN), port=port, flags=flags))
    assert packet is not None
    assert (packet.proto, packet.vni, packet.inner) == ("udp", None, None)


@pytest.mark.parametrize("vni", [0, 1, 4096, 0xFFFFFF])
def test_every_network_number_is_read(vni: int) -> None:
    """Also zero, which is one."""
    packet = seen(vxlan(tcp(TCP.TH_SYN), vni=vni), out=True)
    assert packet is not None
    assert packet.inner is not None
    assert (packet.vni, packet.inner.flags, packet.inner.out, packet.inner.at) == (vni, "SYN", True, packet.at)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 13, 21, 22])
def test_vxlan_that_is_cut_off_is_udp_with_nothing_in_it(length: int) -> None:
    """A header that is not whole has no number; a frame that is not whole is none."""
    data = vxlan(tcp(TCP.TH_SYN))[42:][:length]
    frame = ethernet(ip(dpkt.udp.UDP(sport=1, dport=4789, ulen=8 + length, data=data), dpkt.ip.IP_PROTO_UDP))
    packet = seen(frame)
    assert packet is not None
    assert (packet.vni, packet.inner) == (4097 if length >= 8 else None, None)
    assert packet.payload == data


def test_vxlan_carries_arp_and_vxlan() -> None:
    """An overlay carries whatever Ethernet does."""
    arp = ethernet(dpkt.arp.ARP(spa=packed(CLIENT), tpa=packed(OUTSIDER)), dpkt.ethernet.ETH_TYPE_ARP)
    packet = seen(vxlan(vxlan(arp, vni=7)))
    assert packet is not None
    assert packet.inner is not None
    assert packet.inner.inner is not None
    assert (packet.vni, packet.inner.vni, packet.inner.inner.proto) == (4097, 7, "arp")
    assert "VNI 4097 [" in str(packet)
    assert "VNI 7 [" in str(packet)


@given(st.binary(max_size=90), st.integers(0, 255))
def test_whatever_vxlan_carries_is_no_error(carried: bytes, flags: int) -> None:
    packet = seen(vxlan(carried, flags=flags))
    assert packet is not None
    assert (packet.vni is not None) == bool(flags & 0x08)


@given(st.binary(max_size=80), st.sampled_from([0, 1, 6, 17, 41, 43, 44, 50, 51, 58, 60, 132]))
def test_no_ipv6_payload_whatever_is_an_error(payload: bytes, proto: int) -> None:
    """Extension headers, fragments, and what only says it is one."""
    packet = seen(ip6(payload, proto))
    assert packet is None or packet.src == "2001:db8::1"


@given(
    st.binary(max_size=80),
    st.sampled_from([0x0800, 0x0806, 0x86DD, 0x8100, 0x88A8, 0x8847, 0x8864, 0x88CC, 0x2000, 0x0026, 0x05DC]),
)
def test_no_kind_of_frame_is_an_error(payload: bytes, kind: int) -> None:
    """VLANs, labels, discovery protocols, lengths in place of types."""
    packet = seen(b"\2\0\0\0\0\2\2\0\0\0\0\1" + kind.to_bytes(2, "big") + payload)
    assert packet is None or packet.size <= len(payload)


@pytest.mark.parametrize("kind", [135, 136])
def test_neighbour_discovery_tells_whose_address_it_is_about(kind: int) -> None:
    """Of an IPv6 question for a MAC address, the destination is a multicast group: the target is in the message."""
    packet = seen(ip6(bytes([kind, 0, 0, 0]) + b"\0" * 4 + packed("2001:db8::7"), 58))
    assert packet is not None
    assert packet.about == "2001:db8::7"
