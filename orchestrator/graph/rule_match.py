"""The little of an iptables rule that a picture needs: interfaces, ends, and where it jumps to."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterable

from attrs import frozen

Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network
_ENDS = {"-i", "-o", "-s", "-d"}


@frozen
class Words:
    """A rule: {option: (negated, value)} of interfaces and ends, its target, that one's options, and what else it asks.

    `asks` is what of a packet cannot be judged here: protocols, ports, states, marks, sets.
    """

    ends: dict[str, tuple[bool, str]]
    target: str
    options: dict[str, str]
    asks: tuple[str, ...]

    def passes(self, iif: str, oif: str, source: Subnet) -> bool | None:
        """Whether it takes all new packets of a subnet that come by `iif` and leave it by `oif`; None: only some."""
        found = [self._interface("-i", iif), self._interface("-o", oif), self._source(source), self._elsewhere(source)]
        if False in found:
            return False
        return None if self.asks or None in found else True

    def _interface(self, option: str, name: str) -> bool:
        negated, value = self.ends.get(option, (False, name))
        same = name.startswith(value[:-1]) if value.endswith("+") else name == value
        return same != negated

    def _source(self, source: Subnet) -> bool | None:
        if "-s" not in self.ends:
            return True
        negated, value = self.ends["-s"]
        whole = _within(source, value)
        if whole is None:
            return None
        return whole != negated

    def _elsewhere(self, source: Subnet) -> bool | None:
        """It goes outside its own subnet; where to is not known."""
        if "-d" not in self.ends:
            return True
        negated, value = self.ends["-d"]
        return negated if _same(source, value) else None


def words(rule: str) -> Words:
    """A rule as iptables-save writes it."""
    ends: dict[str, tuple[bool, str]] = {}
    options: dict[str, str] = {}
    asks: list[str] = []
    target, negated, option = "", False, ""
    for word in shlex.split(rule):
        if word == "!":
            negated = True
        elif word.startswith("-"):
            option = word
            if option not in _ENDS | {"-j", "-g"}:
                (options.setdefault(option, "") if target else asks.append(option))
        elif option in _ENDS:
            ends[option], negated = (negated, word), False
        elif option in {"-j", "-g"}:
            target = word
        elif target:
            options[option] = word
        else:
            asks.append(word)
            negated = False
    # A comment says nothing of packets.
    return Words(ends, target, options, () if _is_comment(asks) else tuple(asks))


def _is_comment(asks: Iterable[str]) -> bool:
    return list(asks)[:3] == ["-m", "comment", "--comment"] and "-m" not in list(asks)[3:]


def _within(source: Subnet, value: str) -> bool | None:
    """Whether all of a subnet is in what a rule names; None where some is."""
    named = ipaddress.ip_network(value, strict=False)
    if isinstance(named, ipaddress.IPv4Network) and isinstance(source, ipaddress.IPv4Network):
        return True if source.subnet_of(named) else None if named.subnet_of(source) else False
    if isinstance(named, ipaddress.IPv6Network) and isinstance(source, ipaddress.IPv6Network):
        return True if source.subnet_of(named) else None if named.subnet_of(source) else False
    return False


def _same(source: Subnet, value: str) -> bool:
    return ipaddress.ip_network(value, strict=False) == source
