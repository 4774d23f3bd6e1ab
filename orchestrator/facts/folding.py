"""What happened to a lab, told before what differs: a container that stopped takes hundreds of facts with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve

from netproof.facts import overlays
from netproof.facts.cause import Cause, belongs, sign
from netproof.facts.compare import Difference, compare, untold
from netproof.facts.flat_snapshot import UNREAD, Flat
from netproof.facts.kernel_settings import folded
from netproof.facts.rule_forms import FORM

_DNS = frozenset({"127.0.0.11:"})
HAPPENED = "what happened"
UNREAD_KIND = "unread "
FORM_KIND = "form of "
SILENT = "silent engine"
_PORT = re.compile(r" port \d+/(\w+)$")
_WORDS = re.compile(r"[^\s,]+")


def fold(before: Flat, after: Flat) -> list[Difference]:
    """The differences, what happened first; what follows from it is in `follows` of that, and is not listed again."""
    rest = compare(before, after)
    events = [*_unread(rest), *_forms(rest)]
    rest = [item for item in rest if item.aspect not in {UNREAD, FORM}]
    for cause in _causes(before, after):
        pairs = [(item, cause.left_of(item)) for item in rest]
        follows = tuple(item for item, left in pairs if left is not item)
        rest = [left for _, left in pairs if left is not None]
        links = [item for item in follows if _is_moved_link(item)]
        theirs = tuple(item for item in rest if any(_is_of(item, link) for link in links))
        follows, rest = follows + theirs, [item for item in rest if not _is_in(item, theirs)]
        if follows:
            events.append(Difference(cause.place, HAPPENED, cause.kind, "", cause.says, follows))
    return events + folded(_with_interfaces([item for item in rest if not item.decides_nothing]), before, after)


def _unread(found: list[Difference]) -> Iterator[Difference]:
    """What cannot be read, once for all places where the same was said."""
    unread = {(item.key, item.after) for item in found if item.aspect == UNREAD and item.after}
    for key, why in sorted(unread, key=str):
        same = tuple(item for item in found if (item.aspect, item.key, item.after) == (UNREAD, key, why))
        says = f"The {key} cannot be read, and was not compared: {why}."
        yield Difference(same[0].place, HAPPENED, f"{UNREAD_KIND}{key}", "", says, same[1:])


def _forms(found: list[Difference]) -> Iterator[Difference]:
    """Tables that iptables, and so the engine, can neither show nor change any more."""
    for item in found:
        if item.aspect == FORM:
            family, _, name = item.key.partition(" ")
            tool = "ip6tables" if family == "ip6" else "iptables"
            can, what = ("can no longer", "something was") if item.after else ("can again", "nothing is")
            says = f"{tool} {can} show or change table {name} of {item.place}: {what} written into it with nft."
            yield Difference(item.place, HAPPENED, f"{FORM_KIND}{item.key}", "", says)


def _causes(before: Flat, after: Flat) -> Iterator[Cause]:
    silent = {host for host, _ in untold(before, after)}
    yield from _engines(before, after)
    for host in _hosts(before) | _hosts(after):
        if host not in silent:
            yield from _containers(host, before, after)
            yield from _networks(host, before, after)
            yield from _joined(host, before, after)
    yield from _namespaces(before, after)


def _hosts(flat: Flat) -> set[str]:
    return {place for place, aspect, _ in flat if aspect == "engine"}


def _of(flat: Flat, place: str, aspect: str) -> dict[str, str]:
    """{key: value} of an aspect of a place, values as text."""
    return {key: str(value) for (where, kind, key), value in flat.items() if (where, kind) == (place, aspect)}


def _engines(before: Flat, after: Flat) -> Iterator[Cause]:
    for host in sorted(_hosts(before) | _hosts(after)):
        had, has = _of(before, host, "engine"), _of(after, host, "engine")
        answered, answers = had.get("answers"), has.get("answers")
        if (answered, answers) == ("yes", "no"):
            dead = "dockerd []" in has.get("processes", "")
            kind, says = SILENT, f"The engine of {host} {'is gone' if dead else 'does not answer'}."
        elif answered == answers and had.get("processes") != has.get("processes"):
            kind, says = "engine", f"The engine of {host} was restarted."
        else:
            continue
        known = _names(_of(before, host, "containers")) | _names(_of(after, host, "containers"))
        owns = ("engine", frozenset(had.keys() | has.keys()))
        # Its DNS servers have ports that it chooses anew, in the namespaces of containers that live on.
        yield Cause(host, kind, says, host, owns, tokens=_DNS, signs="+-", near=frozenset(known))


def _containers(host: str, before: Flat, after: Flat) -> Iterator[Cause]:
    had, has = (_of(flat, host, "containers") for flat in (before, after))
    called = {_id(has, name): name for name in _names(has)}
    renamed = {name: called[_id(had, name)] for name in _names(had) - _names(has) if _id(had, name) in called}
    for name in sorted((_names(had) | _names(has)) - set(renamed.values())):
        kind, says, signs = _became(name, had, has, renamed)
        if not kind:
            continue
        names = frozenset({name, renamed.get(name, name)})
        tokens = _tokens(names, had, has) if "-" in signs else _tokens(names, {}, has)
        places = frozenset[str]()
        if kind != "paused":
            networks = {key.partition(" on ")[2] for key in had.keys() | has.keys() if key.startswith(f"{name} on ")}
            hidden = overlays.made_anew(host, networks, before, after)
            places, tokens = names | hidden, tokens | overlays.tokens(hidden, before, after)
        cause = Cause(
            name, kind, says, host, ("containers", names), tokens=tokens, kept=_kept(names, had, has), signs=signs
        )
        yield _with_places(cause, places, before, after)


def _with_places(cause: Cause, places: frozenset[str], before: Flat, after: Flat) -> Cause:
    """A cause that took namespaces along; those that are there again have DNS servers with other ports."""
    anew = frozenset(place for place in places if _is_there(place, before) and _is_there(place, after))
    moved = frozenset((place, key) for place in anew for key in _moved(place, before, after))
    return evolve(cause, places=places, anew=anew, moved=moved, tokens=cause.tokens | (_DNS if anew else frozenset()))


def _is_there(place: str, flat: Flat) -> bool:
    return (place, "namespaces", "its identity") in flat


def _moved(place: str, before: Flat, after: Flat) -> set[str]:
    """Routes that a place had by another interface: those of a container are numbered anew at each start."""
    had, has = (
        {key for where, aspect, key in flat if (where, aspect) == (place, "routes")} for flat in (before, after)
    )
    known = {_without_interface(key) for key in had}
    return {key for key in has - had if _without_interface(key) in known}


def _without_interface(route: str) -> tuple[str, ...]:
    """`main 10.1.0.0/24 eth0 …` without the third word."""
    table, destination, *rest = route.split()
    return table, destination, *rest[1:]


def _names(about: dict[str, str]) -> set[str]:
    """Containers, or networks: keys of one word."""
    return {key for key in about if " " not in key}


def _id(about: dict[str, str], name: str) -> str:
    return about.get(f"{name} identity", name).partition(" ")[0]


def _became(name: str, had: dict[str, str], has: dict[str, str], renamed: dict[str, str]) -> tuple[str, str, str]:
    """(kind, sentence, signs of what follows) of what became of a container; empty when nothing did."""
    if name in renamed:
        return "renamed", f"{name} is called {renamed[name]} now.", "+-"
    if name not in has:
        return "removed", f"{name} is gone: there is no such container.", "-"
    if name not in had:
        return "new", f"There is a container that was not there: {name}.", "+"
    was, now = (about[name].partition(" ")[0] for about in (had, has))
    return _changed_state(name, was, now) if was != now else _replaced(name, had, has)


def _changed_state(name: str, was: str, now: str) -> tuple[str, str, str]:
    if now == "paused":
        return "paused", f"{name} is paused.", "-"
    dead = ", and its network namespace is gone" if now in {"exited", "created", "dead"} else ""
    return "stopped", f"{name} is {now}; it was {was}{dead}.", "+-"


def _replaced(name: str, had: dict[str, str], has: dict[str, str]) -> tuple[str, str, str]:
    if _id(had, name) != _id(has, name):
        return "replaced", f"{name} is another container: it was made anew.", "+-"
    if had.get(f"{name} identity") != has.get(f"{name} identity"):
        return "restarted", f"{name} was restarted.", "+-"
    return _unshared(name, had, has)


def _unshared(name: str, had: dict[str, str], has: dict[str, str]) -> tuple[str, str, str]:
    key = f"{name} namespace"
    was, now = had.get(key, ""), has.get(key, "")
    if was == now or not (was and now):
        return "", "", ""
    owner = was.removesuffix("'s")
    if has.get(owner, "").startswith("running") or was in {"its own", "the host's"}:
        other = was if was != "its own" else "the one it had"
        return "namespace", f"{name}'s network namespace is another than {other}.", "+-"
    return "namespace", f"{name} is alone in the network namespace that was {was}.", "+-"


def _tokens(names: frozenset[str], *abouts: dict[str, str]) -> frozenset[str]:
    """Addresses, MACs, interfaces and sockets that are a container's."""
    found = {f"veth({name}:" for name in names}
    for about in abouts:
        for key, value in about.items():
            name, _, rest = key.partition(" ")
            if name not in names:
                continue
            if rest.startswith("on "):
                found.update(word for word in _WORDS.findall(value) if "." in word or ":" in word)
            elif (port := _PORT.search(key)) is not None:
                found.update(f"{port[1]} {end}" for end in value.split(", "))
    return frozenset(found)


def _kept(names: frozenset[str], had: dict[str, str], has: dict[str, str]) -> frozenset[str]:
    """Addresses, MACs and sockets that a container had and has."""
    return frozenset(token for token in _tokens(names, had) & _tokens(names, has) if not token.startswith("veth("))


def _networks(host: str, before: Flat, after: Flat) -> Iterator[Cause]:
    had, has = (_of(flat, host, "networks") for flat in (before, after))
    for name in sorted(_names(had) | _names(has)):
        if name not in has:
            says, signs = f"The network {name} is gone.", "-"
        elif name not in had:
            says, signs = f"There is a network that was not there: {name}.", "+"
        elif _id(had, name) != _id(has, name):
            says, signs = f"The network {name} is another one: it was made anew.", "+-"
        else:
            continue
        bridges = {_bridge(about, name) for about in (had, has) if name in about}
        of = [_end(flat, host, each, name) for flat in (before, after) for each in _members(flat, host, name)]
        tokens = frozenset(bridges).union(*(tokens for tokens, _ in of))
        interfaces = frozenset[tuple[str, str]]().union(*(interfaces for _, interfaces in of))
        near = frozenset(place for place, _ in interfaces) - {host}
        owns = ("networks", frozenset({name}))
        yield Cause(host, "network", says, host, owns, tokens=tokens, signs=signs, near=near, interfaces=interfaces)


def _members(flat: Flat, host: str, network: str) -> set[str]:
    """The containers that a network has."""
    about = _of(flat, host, "containers")
    return {name for name in _names(about) if f"{name} on {network}" in about}


def _end(flat: Flat, host: str, name: str, network: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """(addresses and MAC, interfaces on both ends) of a container in a network."""
    words = _WORDS.findall(_of(flat, host, "containers").get(f"{name} on {network}", ""))
    addresses = frozenset(word for word in words if "." in word or ":" in word)
    inside = {
        key.partition(" ")[0]
        for key in _of(flat, name, "addresses")
        if key.partition(" ")[2].partition("/")[0] in addresses
    }
    return addresses, frozenset(end for each in inside for end in ((name, each), (host, f"veth({name}:{each})")))


def _joined(host: str, before: Flat, after: Flat) -> Iterator[Cause]:
    """Containers that left a network that is still there, or came to one that was."""
    had, has = (_of(flat, host, "networks") for flat in (before, after))
    for network in sorted(name for name in _names(had) & _names(has) if _id(had, name) == _id(has, name)):
        there, now = _members(before, host, network), _members(after, host, network)
        for name in sorted(there ^ now):
            left = name in there
            tokens, interfaces = _end(before if left else after, host, name, network)
            says = f"{name} is no longer on {network}." if left else f"{name} is on {network} now, too."
            yield Cause(
                name,
                "network",
                says,
                host,
                tokens=tokens,
                signs="-" if left else "+",
                near=frozenset({name}),
                interfaces=interfaces,
            )


def _bridge(about: dict[str, str], name: str) -> str:
    return about.get(f"{name} com.docker.network.bridge.name") or f"br-{_id(about, name)}"


def _namespaces(before: Flat, after: Flat) -> Iterator[Cause]:
    """Namespaces that came, went or were replaced, and not with a container: that has been told."""
    had, has = (
        {place: value for (place, aspect, _), value in flat.items() if aspect == "namespaces"}
        for flat in (before, after)
    )
    hosts = _hosts(before) | _hosts(after)
    for place in sorted(had.keys() | has.keys()):
        if had.get(place) == has.get(place):
            continue
        host = place.partition("/")[0] if place.partition("/")[0] in hosts else place
        if place not in has:
            says = f"The network namespace of {place} is gone."
        elif place not in had:
            says = f"There is a network namespace that was not there: {place}."
        else:
            says = f"{place} has another network namespace."
        tokens = frozenset({f"veth({place}:"})
        cause = Cause(place, "namespace", says, host, tokens=tokens, signs="+-")
        yield _with_places(cause, frozenset({place}), before, after)


def _with_interfaces(found: list[Difference]) -> list[Difference]:
    """An interface that came or went, with its settings, and with what went with it, is one difference."""
    for link in (item for item in found if _is_moved_link(item)):
        follows = tuple(item for item in found if item is not link and _is_of(item, link))
        found = [evolve(item, follows=follows) if item is link else item for item in found if not _is_in(item, follows)]
    return found


def _is_moved_link(item: Difference) -> bool:
    return item.aspect == "links" and " " not in item.key and not (item.before and item.after)


def _is_in(item: Difference, several: Iterable[Difference]) -> bool:
    return any(item is other for other in several)


def _is_of(item: Difference, link: Difference) -> bool:
    if sign(item) != sign(link) or item.place != link.place:
        return False
    own_entry = item.aspect == "fdb" and f" mac={item.key.split()[1]} " in f" {link.before or link.after} "
    return own_entry or belongs(item, link.place, link.key)
