"""Settings that the kernel changes along with another one: told once, by the one that somebody wrote.

Which do was tried out, setting by setting: `all` and `default` mean something else for almost every one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from netproof.facts.compare import Difference
from netproof.facts.flat_snapshot import Flat

_FORWARD = "net.ipv4.ip_forward"  # is net.ipv4.conf.all.forwarding, by the name that people type
_ALL, _DEFAULT = "net.ipv{}.conf.all.", "net.ipv{}.conf.default."
# What `all` hands on to every interface. Of IPv4's, the kernel combines the others when it asks for them.
_HANDED_ON = {
    "4": {"forwarding"},
    "6": {"addr_gen_mode", "disable_ipv6", "force_forwarding", "forwarding", "ignore_routes_with_linkdown"},
}
_OWN = {"forwarding"}  # what IPv4's `default` does not hand on
_DISABLED = ".disable_ipv6"
_LOOPBACK = "::1/128"


def folded(found: list[Difference], *flats: Flat) -> list[Difference]:
    """Differences of settings with what follows from them in `follows`, and not listed again."""
    for head in [item for item in found if item.aspect == "sysctls"]:
        if any(head is item for item in found):  # else it follows from another
            found = _without(found, head, tuple(_following(head, found, flats)))
    return found


def _without(found: list[Difference], head: Difference, follows: tuple[Difference, ...]) -> list[Difference]:
    if not follows:
        return found
    left = [item for item in found if not any(item is other for other in follows)]
    return [evolve(item, follows=item.follows + follows) if item is head else item for item in left]


def _following(head: Difference, found: list[Difference], flats: tuple[Flat, ...]) -> Iterator[Difference]:
    """What follows from a setting that changed: others that became what it is, and what goes with IPv6."""
    here = [item for item in found if item.place == head.place and item is not head]
    settings = [item for item in here if item.aspect == "sysctls" and item.before and item.after]
    followers = [item for item in settings if head.before and head.after and _follows(item, head, flats)]
    yield from followers
    for interface in filter(None, map(_switched, (head, *followers))):
        yield from (item for item in here if _goes_with_ipv6(item, interface, str(head.after)))


def _follows(item: Difference, head: Difference, flats: tuple[Flat, ...]) -> bool:
    if head.key == _FORWARD:
        if item.key == "net.ipv4.conf.all.accept_redirects":  # a router listens to nobody's
            return {str(item.after), str(head.after)} == {"0", "1"}
        return item.after == head.after and _interface(item.key, "4", "forwarding") != ""
    if item.after != head.after:
        return False
    for version, names in _HANDED_ON.items():
        name = head.key.removeprefix(_ALL.format(version))
        if name in names and head.key != f"net.ipv4.conf.all.{name}":  # that one is told by its other name
            return _interface(item.key, version, name) not in {"", "all"}
    name = head.key.removeprefix(_DEFAULT.format("4"))
    interface = _interface(item.key, "4", name) if name not in {head.key, *_OWN} else ""
    return interface not in {"", "all"} and not _has_address(interface, head.place, flats)


def _interface(key: str, version: str, name: str) -> str:
    """The interface whose setting of this name it is; `all` and `default` are two more; empty for other settings."""
    start, end = f"net.ipv{version}.conf.", f".{name}"
    return key[len(start) : -len(end)] if key.startswith(start) and key.endswith(end) else ""


def _has_address(interface: str, place: str, flats: Iterable[Flat]) -> bool:
    """Whether it has, or had, an IPv4 address: with that the kernel takes its settings for its own, not the default."""
    return any(
        (where, aspect) == (place, "addresses") and key.partition(" ")[0] == interface and ":" not in key
        for flat in flats
        for where, aspect, key in flat
    )


def _switched(item: Difference) -> str:
    """The interface whose IPv6 was switched on or off."""
    return _interface(item.key, "6", _DISABLED[1:]) if item.before and item.after else ""


def _goes_with_ipv6(item: Difference, interface: str, now: str) -> bool:
    """Whether it is an IPv6 address, route or neighbour of an interface on which IPv6 was switched off (or ::1, on)."""
    words = item.key.split()
    if now == "0":
        return item.aspect == "addresses" and not item.before and words == [interface, _LOOPBACK]
    if item.after or interface not in words:
        return False
    return item.aspect in {"addresses", "routes", "neighbours"} and any(":" in word for word in words)
