"""What a resolver is seen to do is told as it was: which server said what about which name."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

import dpkt
import pytest

from netproof.walk.resolver import Question, Resolution, read
from netproof.walk.target_name import said

FILES = {
    "/etc/hosts": "127.0.0.1 localhost\n10.20.1.2 till # me\n",
    "/etc/resolv.conf": "# Generated\nsearch example\nnameserver 127.0.0.11\noptions ndots:0\n",
    "/etc/nsswitch.conf": "hosts: files dns\n",
}
CLIENT = "10.20.1.2"


def frame(source: str, target: str, sport: int, dport: int, payload: bytes) -> dict[str, Any]:
    """A UDP datagram as a capture has it."""
    udp = dpkt.udp.UDP(sport=sport, dport=dport, data=payload)
    udp.ulen = len(udp)
    ends = {"src": ipaddress.ip_address(source).packed, "dst": ipaddress.ip_address(target).packed}
    ip = dpkt.ip.IP(p=dpkt.ip.IP_PROTO_UDP, data=udp, **ends)
    ip.len = len(ip)
    data = bytes(dpkt.ethernet.Ethernet(src=b"\2" * 6, dst=b"\2" * 6, data=ip))
    return {"data": base64.b64encode(data).decode(), "at": 0.0, "out": True}


def asked(server: str, name: str, *, number: int = 7, port: int = 53) -> dict[str, Any]:
    """A question for an IPv4 address."""
    question = dpkt.dns.DNS(id=number, op=0x0100, qd=[dpkt.dns.DNS.Q(name=name)])
    return frame(CLIENT, server, 4000 + number, port, bytes(question))


def answered(server: str, name: str, code: int, *addresses: str, number: int = 7) -> dict[str, Any]:
    """Its answer."""
    records = [dpkt.dns.DNS.RR(name=name, type=1, ttl=60, ip=ipaddress.ip_address(one).packed) for one in addresses]
    message = dpkt.dns.DNS(id=number, op=0x8180 | code, qd=[dpkt.dns.DNS.Q(name=name)], an=records)
    return frame(server, CLIENT, 53, 4000 + number, bytes(message))


def found(frames: list[dict[str, Any]], name: str = "basket", output: str = "") -> Resolution:
    """What is read out of that."""
    return read("till", name, {"answer": output, "own": True, "late": False, "files": FILES, "frames": frames})


def test_an_answer_is_told_with_its_server() -> None:
    """The embedded server's question leaves for another port, as nat rewrites it."""
    frames = [asked("127.0.0.11", "basket", port=41000), answered("127.0.0.11", "basket", 0, "10.20.1.4")]
    result = found(frames, output="10.20.1.4 STREAM basket\n10.20.1.4 DGRAM\n")
    assert result.addresses == ("10.20.1.4",)
    assert said(result) == ["DNS server 127.0.0.11 says that basket is 10.20.1.4"]


def test_several_addresses_are_told_with_the_one_taken() -> None:
    """In the order of the C library, not of the server."""
    frames = [asked("127.0.0.11", "shared"), answered("127.0.0.11", "shared", 0, "10.20.1.3", "10.20.1.4")]
    result = found(frames, "shared", "10.20.1.4 STREAM shared\n10.20.1.3 STREAM\n")
    assert said(result)[-1] == "10.20.1.4 is taken, which the C library puts first"


@pytest.mark.parametrize(
    ("code", "words", "denied"),
    [
        (3, "DNS server 127.0.0.11 says that there is no basket (NXDOMAIN)", True),
        (0, "DNS server 127.0.0.11 has no address for basket", True),
        (2, "DNS server 127.0.0.11 answered SERVFAIL for basket", False),
        (5, "DNS server 127.0.0.11 answered REFUSED for basket", False),
    ],
)
def test_no_address_has_many_reasons(code: int, words: str, denied: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """What a server says is not what it does not say."""
    result = found([asked("127.0.0.11", "basket"), answered("127.0.0.11", "basket", code)])
    assert (said(result), result.is_denied) == ([words], denied)


def test_silence_is_told_as_silence() -> None:
    """With the time that it was given."""
    assert said(found([asked("127.0.0.11", "basket")])) == [
        "DNS server 127.0.0.11 did not answer for basket within 1 s"
    ]


def test_search_domains_are_questions_of_their_own() -> None:
    """Each name that was asked for is told."""
    frames = [
        *(asked("127.0.0.11", "web.example", number=1), answered("127.0.0.11", "web.example", 3, number=1)),
        *(asked("127.0.0.11", "web", number=2), answered("127.0.0.11", "web", 0, "192.0.2.1", number=2)),
    ]
    assert found(frames, "web", "192.0.2.1 STREAM web").asked == (
        Question("127.0.0.11", "web.example", "NXDOMAIN"),
        Question("127.0.0.11", "web", "NOERROR", ("192.0.2.1",)),
    )


def test_what_the_embedded_server_asks_is_not_what_the_library_asks() -> None:
    """It goes to a server that resolv.conf does not have."""
    result = found([asked("127.0.0.11", "basket", number=1), asked("203.0.113.1", "basket", number=2)])
    assert [one.server for one in result.asked] == ["127.0.0.11"]
    assert [one.server for one in result.relayed] == ["203.0.113.1"]
    assert said(result)[-1].startswith("127.0.0.11 asked in turn: DNS server 203.0.113.1 did not answer")


def test_the_hosts_file_is_told() -> None:
    """No question was asked."""
    assert said(found([], "till", "10.20.1.2 STREAM till")) == ["/etc/hosts says that till is 10.20.1.2"]


def test_a_server_that_no_question_left_for_is_told() -> None:
    """There is no route to it, or none is asked at all."""
    assert said(found([])) == ["/etc/hosts has no basket, and no question left for DNS server 127.0.0.11"]


@pytest.mark.parametrize("line", ["hosts: files", "hosts:files", "  hosts :  files # no dns"])
def test_where_names_are_looked_for(line: str) -> None:
    """nsswitch.conf needs no space behind the colon."""
    files = {**FILES, "/etc/nsswitch.conf": f"passwd: files\n{line}\n"}
    found = read("till", "basket", {"answer": "", "frames": [], "files": files, "own": True, "late": False})
    assert found.sources == "files"
    assert "nsswitch.conf asks no DNS server (hosts: files)" in said(found)[0]
