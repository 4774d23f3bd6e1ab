"""Commands to try on a lab, made from its parts and its checks: what each shows, and what to type."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import field, frozen

from netproof.model import Answers, Check, Closed, Lab, Pings, Prints, Resolves
from netproof.program import named

_SECONDS = 3
_OF_A_KIND = 2


@frozen
class Try:
    """A command and what it shows."""

    shows: str
    command: str = field(converter=named)


def beginning(lab: Lab) -> list[Try]:
    """From nothing to a proven lab, and into it."""
    place = (lab.nodes or lab.hosts)[0].name
    return [
        Try("Build the lab; the first time its images as well.", f"invoke lab up {lab.name}"),
        Try("Prove its claims here.", f"invoke lab test {lab.name}"),
        Try(f"Enter {place}; its places are {', '.join(lab.places)}.", f"invoke lab shell {lab.name} {place}"),
    ]


def looking(lab: Lab, checks: Sequence[Check]) -> list[Try]:
    """What the lab's checks do, by hand, some of each kind; then what each lab host has of rules and flows."""
    kinds: dict[tuple[str, str], list[Try]] = {}
    for check in sorted(checks, key=_shortest):
        if type(check) not in _BY_HAND:
            continue
        kind = (type(check).__name__, getattr(check, "proto", ""))
        kinds.setdefault(kind, []).append(Try(check.says, _typed(lab.name, check.at, _BY_HAND[type(check)](check))))
    found = [item for items in kinds.values() for item in items[:_OF_A_KIND]]
    return [*found, *_walks(lab, checks), *_hosts(lab)]


def _shortest(check: Check) -> int:
    """Of commands written out, the short ones are for trying."""
    return len(check.run) if isinstance(check, Prints) else 0


def _walks(lab: Lab, checks: Iterable[Check]) -> Iterator[Try]:
    """The way of the first exchange that somebody answers."""
    for check in checks:
        if isinstance(check, Answers):
            proto = "" if check.proto == "tcp" else f" --proto {check.proto}"
            typed = f"invoke lab walk {lab.name} {check.at} {_host(check.to)}:{check.port}{proto}"
            yield Try("Everything that a packet passes there and back.", typed)
            return


def _hosts(lab: Lab) -> Iterator[Try]:
    for host in lab.hosts:
        at = "" if len(lab.hosts) == 1 else f" on {host.name}"
        yield Try(f"The engine's rules for addresses{at}.", _typed(lab.name, host.name, "iptables -t nat -S"))
        yield Try(f"The connections that are tracked{at}.", _typed(lab.name, host.name, "conntrack -L"))


def breaking(lab: Lab) -> list[Try]:
    """Practice, and the way out."""
    return [
        Try("Break something; the ticket is printed.", f"invoke lab break {lab.name}"),
        Try("What is red, and how; when all is green, it is solved.", f"invoke lab check {lab.name}"),
        Try("A hint, at a price.", f"invoke lab hint {lab.name}"),
    ]


def ending(lab: Lab) -> list[Try]:
    """What was changed, and removing it."""
    return [
        Try("What differs now from the state after `up`, in every namespace.", f"invoke lab diff {lab.name}"),
        Try("Remove the lab.", f"invoke lab down {lab.name}"),
    ]


def _typed(lab: str, at: str, command: str) -> str:
    """In a place of the lab; what only a shell understands is one quoted word."""
    plain = command == shlex.join(shlex.split(command))
    return f"invoke lab exec {lab} {at} -- {command if plain else _quoted(command)}"


def _quoted(command: str) -> str:
    """In double quotes where those are easier to read than what single ones would take."""
    return f'"{command}"' if "'" in command and not set(command) & set('"$`\\!') else shlex.quote(command)


def _host(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address  # noqa: PLR2004 - IPv6


def _call(to: str, port: int, proto: str) -> str:
    if proto == "icmp":
        return f"ping -c 1 -W {_SECONDS} {to}"
    if proto == "udp":
        return f"echo hello | nc -u -w {_SECONDS} {to} {port}"
    return f"curl -sS -m {_SECONDS} http://{_host(to)}:{port}"


def _answers(check: Answers) -> str:
    return _call(check.to, check.port, check.proto)


def _closed(check: Closed) -> str:
    return _call(check.to, check.port, check.proto)


def _pings(check: Pings) -> str:
    size = f" -s {check.size}" if check.size != Pings("x", "", "", "").size else ""
    return f"ping -c 1 -W {_SECONDS}{size}{' -M do' if check.df else ''} {check.to}"


def _resolves(check: Resolves) -> str:
    return f"getent ahostsv4 {check.name}"


def _prints(check: Prints) -> str:
    return check.run


# Not Leaves: that takes two terminals.
_BY_HAND: dict[type[Check], Callable[..., str]] = {
    Answers: _answers,
    Closed: _closed,
    Pings: _pings,
    Resolves: _resolves,
    Prints: _prints,
}
