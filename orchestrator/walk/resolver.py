"""What a node's own resolver makes of a name, and who said so: its hosts file, or which DNS server."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

import dpkt
from attrs import evolve, frozen

from netproof.facts.packets import Packet, decode
from netproof.lab.running import RunningLab
from netproof.wait import scaled

_PATIENCE = 1  # seconds that each DNS server is given, once; what they do not say within it is told as silence
_LIMIT = 6.0  # seconds for all of them, with every search domain
_RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
_A, _AAAA = 1, 28


@frozen
class Question:
    """What a DNS server was asked, and how it answered: an RCODE, `ICMP …`, or "" for silence."""

    server: str
    name: str
    outcome: str = ""
    addresses: tuple[str, ...] = ()


@frozen
class Resolution:
    """What a resolver found: the addresses in its order, and what was seen of how it came to them.

    `waited` are the seconds that a server was given, `hosts` the addresses that /etc/hosts has, `asked` what its DNS
    servers were asked, `relayed` what an embedded server asked others in turn, `servers` those of /etc/resolv.conf,
    `sources` nsswitch.conf's line, `own` whether the node has a getent of its own, `late` whether it was not
    done in time.
    """

    asker: str
    name: str
    waited: float
    addresses: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    asked: tuple[Question, ...] = ()
    relayed: tuple[Question, ...] = ()
    servers: tuple[str, ...] = ()
    sources: str = ""
    own: bool = True
    late: bool = False

    @property
    def is_denied(self) -> bool:
        """Whether a server said that there is no such name or no address for it; else none could be asked."""
        return any(one.outcome in {"NXDOMAIN", "NOERROR"} for one in self.asked)


def resolve(running: RunningLab, asker: str, name: str, limit: float = _LIMIT) -> Resolution:
    """Ask a node's resolver for a name, with the files and in the namespaces of the node, for `limit` seconds."""
    agent, place = running.at(asker)
    answer = agent.call("resolve", place=place, name=name, seconds=_PATIENCE, within=scaled(limit))
    return read(asker.partition("@")[0], name, answer, min(_PATIENCE, limit))


def read(asker: str, name: str, answer: dict[str, Any], waited: float = _PATIENCE) -> Resolution:
    """The agent's answer, typed."""
    files = answer["files"]
    servers = tuple(words[1] for words in _lines(files["/etc/resolv.conf"]) if words[0] == "nameserver" and words[1:])
    packets = [packet for packet in map(decode, answer["frames"]) if packet is not None]
    questions = list(_questions(packets))
    # An embedded server asks on from its container's namespace: what goes elsewhere is not the C library's own.
    mine = [one for one in questions if one.server in servers or not servers]
    return Resolution(
        asker,
        name,
        waited,
        tuple(dict.fromkeys(_addresses(answer["answer"]))),
        tuple(words[0] for words in _lines(files["/etc/hosts"]) if name.lower() in map(str.lower, words[1:])),
        tuple(mine),
        tuple(one for one in questions if one not in mine),
        servers,
        _sources(files["/etc/nsswitch.conf"]),
        answer["own"],
        answer["late"],
    )


def _lines(text: str) -> Iterator[list[str]]:
    """The words of each line that has some, comments aside."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and not words[0].startswith(";"):
            yield words


def _sources(text: str) -> str:
    """Where names of hosts are looked for, by nsswitch.conf: no space is needed behind the colon."""
    entries = (" ".join(words).partition(":") for words in _lines(text))
    return next((" ".join(sources.split()) for database, _, sources in entries if database.strip() == "hosts"), "")


def _addresses(text: str) -> Iterator[str]:
    for line in text.splitlines():
        word = line.split()[0] if line.split() else ""
        try:
            ipaddress.ip_address(word.partition("%")[0])
        except ValueError:
            continue
        yield word


def _questions(packets: list[Packet]) -> Iterator[Question]:
    """Every question of the wire with its answer; those for IPv4 and IPv6 together."""
    found: dict[tuple[str, str], Question] = {}
    asked: dict[tuple[int | None, int, str], str] = {}
    for packet in packets:
        message = _message(packet)
        if message is None:
            _note_error(found, packet)
        elif not message.qr:
            asked[packet.sport, message.id, message.qd[0].name] = packet.dst
            found.setdefault((packet.dst, message.qd[0].name), Question(packet.dst, message.qd[0].name))
        else:
            key = asked.get((packet.dport, message.id, message.qd[0].name), packet.src), message.qd[0].name
            found[key] = _answered(found.get(key, Question(*key)), message)
    return iter(found.values())


def _message(packet: Packet) -> Any:
    """The DNS message in a packet; None where there is none. Behind nat the embedded server's port is any."""
    if packet.proto != "udp":
        return None
    try:
        message = dpkt.dns.DNS(packet.payload)
    except (dpkt.UnpackError, IndexError, UnicodeDecodeError):
        return None
    return message if len(message.qd) == 1 else None


def _note_error(found: dict[tuple[str, str], Question], packet: Packet) -> None:
    about = packet.quoted
    if about is None or about.proto != "udp":
        return
    for key, one in found.items():
        if one.server == about.dst and not one.outcome:
            found[key] = evolve(one, outcome=f"ICMP {packet.kind} from {packet.src}")


def _answered(one: Question, message: Any) -> Question:
    said = [
        str(ipaddress.ip_address(record.ip if record.type == _A else record.ip6))
        for record in message.an
        if record.type in {_A, _AAAA}
    ]
    outcome = _RCODES.get(message.rcode, f"RCODE {message.rcode}")
    kept = one.outcome if one.addresses else outcome  # IPv6's answer is often empty where IPv4's is not
    return evolve(one, outcome=kept, addresses=tuple(dict.fromkeys([*one.addresses, *said])))
