"""What happened to a lab, told before what differs: a container that stopped takes hundreds of facts with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from attrs import evolve, field, frozen

from orchestrator.facts.compare import Difference, compare, untold
from orchestrator.facts.flat import Flat, Value

HAPPENED = "what happened"
SILENT = "silent engine"
_PORT = re.compile(r" port \d+/(\w+)$")
_WORDS = re.compile(r"[^\s,]+")
_BY_ITSELF = ("operstate=", "mac=")


@frozen
class Cause:
    """Something that happened at a place of a lab host, and how to know what follows from it.

    `places` came or went with it; `owns` are the keys of containers and networks it is about; `tokens` are addresses,
    interfaces and sockets that came (`+`) or went (`-`) with it, as `signs` say.
    """

    place: str
    kind: str
    says: str
    host: str
    owns: tuple[str, frozenset[str]] = ("", frozenset())
    places: frozenset[str] = frozenset()
    tokens: frozenset[str] = frozenset()
    signs: str = "-"
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    @_pattern.default
    def _compiled(self) -> re.Pattern[str]:
        each = sorted(self.tokens, key=len, reverse=True)
        words = "|".join(re.escape(token) + ("" if token.endswith(":") else r"(?![\w-])") for token in each)
        return re.compile(rf"(?<![\w-])(?<!\d\.)(?:{words})" if each else r"(?!)")

    def left_of(self, item: Difference) -> Difference | None:
        """What of a difference does not follow from this; None when all of it does."""
        if self._is_about(item):
            return None
        if item.place != self.host and item.place.partition("/")[0] != self.host and not self._reaches(item):
            return item
        before, after = item.before, item.after
        if not (before and after) and _sign(item) in self.signs and self._pattern.search(item.key):
            return None
        if isinstance(before, tuple) or isinstance(after, tuple):
            return self._fewer_lines(item)
        if not (before and after):
            return None if _sign(item) in self.signs and self._pattern.search(before or after) else item
        same = self._pattern.sub("*", before) == self._pattern.sub("*", after)
        return None if same or self._is_carrier(item) else item

    def _is_carrier(self, item: Difference) -> bool:
        """Whether a bridge, or an interface of its own, only has another carrier, or another MAC by itself."""
        if item.aspect != "links" or not ("kind=bridge" in str(item.before) or self._pattern.search(item.key)):
            return False
        before, after = (
            [word for word in str(value).split() if not word.startswith(_BY_ITSELF)]
            for value in (item.before, item.after)
        )
        return before == after

    def _is_about(self, item: Difference) -> bool:
        if item.place in self.places and (item.aspect == "namespaces" or not (item.before and item.after)):
            return True
        aspect, names = self.owns
        if item.aspect == "offloads" and item.place == self.host and aspect in {"containers", "networks"}:
            return True  # a bridge can do what all its ports can
        return item.place == self.host and item.aspect == aspect and item.key.partition(" ")[0] in names

    def _reaches(self, item: Difference) -> bool:
        """Whether other hosts have its kind of this one, as overlays' nodes know each other's containers."""
        return item.aspect in {"neighbours", "fdb"} or item.place in self.places

    def _fewer_lines(self, item: Difference) -> Difference | None:
        before, after = _lines(item.before), _lines(item.after)
        gone = {line for line in before if line not in after and "-" in self.signs and self._pattern.search(line)}
        new = {line for line in after if line not in before and "+" in self.signs and self._pattern.search(line)}
        if not (gone or new):
            return item
        kept, come = (tuple(line for line in lines if line not in gone | new) for lines in (before, after))
        if kept == come:
            return None
        return evolve(item, before=kept if item.before else "", after=come if item.after else "")


def _lines(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if value else ()


def _sign(item: Difference) -> str:
    return "-" if item.before else "+"


def told(before: Flat, after: Flat) -> list[Difference]:
    """The differences, what happened first; what follows from it is in `follows` of that, and is not listed again."""
    rest = compare(before, after)
    events = []
    for cause in _causes(before, after):
        pairs = [(item, cause.left_of(item)) for item in rest]
        follows = tuple(item for item, left in pairs if left is not item)
        rest = [left for _, left in pairs if left is not None]
        if follows:
            events.append(Difference(cause.place, HAPPENED, cause.kind, "", cause.says, follows))
    return events + _with_interfaces(rest)


def _causes(before: Flat, after: Flat) -> Iterator[Cause]:
    silent = {host for host, _ in untold(before, after)}
    yield from _engines(before, after)
    for host in _hosts(before) | _hosts(after):
        if host not in silent:
            yield from _containers(host, _of(before, host, "containers"), _of(after, host, "containers"))
            yield from _networks(host, _of(before, host, "networks"), _of(after, host, "networks"))
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
        yield Cause(host, kind, says, host, owns=("engine", frozenset(had.keys() | has.keys())))


def _containers(host: str, had: dict[str, str], has: dict[str, str]) -> Iterator[Cause]:
    called = {_id(has, name): name for name in _names(has)}
    renamed = {name: called[_id(had, name)] for name in _names(had) - _names(has) if _id(had, name) in called}
    for name in sorted((_names(had) | _names(has)) - set(renamed.values())):
        kind, says, signs = _became(name, had, has, renamed)
        if not kind:
            continue
        names = frozenset({name, renamed.get(name, name)})
        tokens = _tokens(names, had, has) if "-" in signs else _tokens(names, {}, has)
        places = names if kind != "paused" else frozenset[str]()
        yield Cause(name, kind, says, host, ("containers", names), places, tokens, signs)


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


def _networks(host: str, had: dict[str, str], has: dict[str, str]) -> Iterator[Cause]:
    for name in sorted(_names(had) | _names(has)):
        if name not in has:
            says, signs = f"The network {name} is gone.", "-"
        elif name not in had:
            says, signs = f"There is a network that was not there: {name}.", "+"
        elif _id(had, name) != _id(has, name):
            says, signs = f"The network {name} is another one: it was made anew.", "+-"
        else:
            continue
        tokens = {_bridge(about, name) for about in (had, has) if name in about}
        yield Cause(host, "network", says, host, ("networks", frozenset({name})), tokens=frozenset(tokens), signs=signs)


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
        yield Cause(place, "namespace", says, host, places=frozenset({place}), tokens=tokens, signs="+-")


_OF_AN_INTERFACE = {"links", "offloads", "qdiscs", "traffic control", "sysctls"}
_GO_WITH_IT = {"addresses", "routes", "neighbours", "fdb"}


def _with_interfaces(found: list[Difference]) -> list[Difference]:
    """An interface that came or went, with its settings, and with what went with it, is one difference."""
    moved = [
        item for item in found if item.aspect == "links" and " " not in item.key and not (item.before and item.after)
    ]
    for link in moved:
        follows = tuple(item for item in found if item is not link and _is_of(item, link))
        found = [evolve(item, follows=follows) if item is link else item for item in found if not _is_in(item, follows)]
    return found


def _is_in(item: Difference, several: Iterable[Difference]) -> bool:
    return any(item is other for other in several)


def _is_of(item: Difference, link: Difference) -> bool:
    if item.place != link.place or (item.before and item.after) or _sign(item) != _sign(link):
        return False
    if item.aspect not in _OF_AN_INTERFACE | (_GO_WITH_IT if link.before else set()):
        return False
    words = item.key.split(".") if item.aspect == "sysctls" else item.key.split(" ")
    return link.key in words
