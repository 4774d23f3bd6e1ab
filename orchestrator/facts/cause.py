"""A cause of differences, and what of a difference follows from it."""

from __future__ import annotations

import re

from attrs import evolve, field, frozen

from netproof.facts.compare import Difference
from netproof.facts.flat_snapshot import Value

_DNS = "127.0.0.11"
_DNS_PORT = re.compile(r"(127\.0\.0\.11:|--sport )\d+")
_BY_ITSELF = ("operstate=", "mac=")
_OF_AN_INTERFACE = {"links", "offloads", "qdiscs", "traffic control", "sysctls"}
_GO_WITH_IT = {"addresses", "routes", "neighbours", "fdb"}
_WRITTEN = {"rules", "policies", "tables", "ip rules", "next hops", "routes", "neighbours", "xfrm", "sockets", "files"}
_WRITTEN |= {"address labels", "traffic control"}


Lines = tuple[str, ...]


@frozen
class Cause:
    """Something that happened at a place of a lab host, and how to know what follows from it.

    `places` came or went with it; `anew` are those of them that are there again, as they are made. `owns` are the keys
    of containers and networks it is about; `tokens` are addresses, interfaces and sockets that came (`+`) or went (`-`)
    with it, as `signs` say, also in the places `near` it; those that are `kept` were there before and are again: an
    entry that speaks of them came or went by itself. `interfaces` came or went, as (place, name); `moved` are routes,
    as (place, key), that lead by another interface now.
    """

    place: str
    kind: str
    says: str
    host: str
    owns: tuple[str, frozenset[str]] = ("", frozenset())
    places: frozenset[str] = frozenset()
    anew: frozenset[str] = frozenset()
    moved: frozenset[tuple[str, str]] = frozenset()
    tokens: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    signs: str = "-"
    near: frozenset[str] = frozenset()
    interfaces: frozenset[tuple[str, str]] = frozenset()
    _pattern: re.Pattern[str] = field(init=False, repr=False)
    _changed: re.Pattern[str] = field(init=False, repr=False)

    @_pattern.default
    def _compiled(self) -> re.Pattern[str]:
        return _words(self.tokens)

    @_changed.default
    def _compiled_without_kept(self) -> re.Pattern[str]:
        return _words(self.tokens - self.kept)

    def left_of(self, item: Difference) -> Difference | None:
        """What of a difference does not follow from this; None when all of it does."""
        if self._is_about(item) or any(belongs(item, place, name) for place, name in self.interfaces):
            return None
        if item.place != self.host and item.place.partition("/")[0] != self.host and not self._reaches(item):
            return item
        before, after = item.before, item.after
        if not (before and after) and sign(item) in self.signs and self._changed.search(item.key):
            return None
        if isinstance(before, tuple) or isinstance(after, tuple):
            return self._fewer_lines(item)
        if not (before and after):
            return None if sign(item) in self.signs and self._changed.search(before or after) else item
        same = self._pattern.sub("*", before) == self._pattern.sub("*", after)
        return None if same or self._is_carrier(item) else item

    def _without_moved(self, before: Lines, after: Lines) -> tuple[Lines, Lines]:
        """Lines without those of this that are the same ones in another order: they were written anew."""
        had, has = ([line for line in lines if self._pattern.search(line)] for lines in (before, after))
        if sorted(had) != sorted(has):
            return before, after
        kept, come = (tuple(line for line in lines if line not in had) for lines in (before, after))
        return kept, come

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
            return not self._was_written(item)
        if item.aspect == "rules" and item.place in self.places | self.near and _same_but_for_ports(item):
            return True
        aspect, names = self.owns
        if item.aspect == "offloads" and item.place == self.host and aspect in {"containers", "networks"}:
            return True  # a bridge can do what all its ports can
        return item.place == self.host and item.aspect == aspect and item.key.partition(" ")[0] in names

    def _was_written(self, item: Difference) -> bool:
        """Whether somebody wrote it into a place that was made anew: neither engine nor kernel do at its start."""
        is_new = item.place in self.anew and not item.before and item.aspect in _WRITTEN
        return is_new and (item.place, item.key) not in self.moved

    def _reaches(self, item: Difference) -> bool:
        """Whether other hosts have its kind of this one, as overlays' nodes know each other's containers."""
        return item.aspect in {"neighbours", "fdb"} or item.place in self.places | self.near

    def _fewer_lines(self, item: Difference) -> Difference | None:
        before, after = _lines(item.before), _lines(item.after)
        gone = {line for line in before if line not in after and "-" in self.signs and self._changed.search(line)}
        new = {line for line in after if line not in before and "+" in self.signs and self._changed.search(line)}
        kept, come = (tuple(line for line in lines if line not in gone | new) for lines in (before, after))
        if self.signs == "+-":
            kept, come = self._without_moved(kept, come)
        if (kept, come) == (before, after):
            return item
        if kept == come:
            return None
        return evolve(item, before=kept if item.before else "", after=come if item.after else "")


def _words(tokens: frozenset[str]) -> re.Pattern[str]:
    """What finds one of these where it is a word of its own."""
    each = sorted(tokens, key=len, reverse=True)
    words = "|".join(re.escape(token) + ("" if token.endswith(":") else r"(?![\w-])") for token in each)
    return re.compile(rf"(?<![\w-])(?<!\d\.)(?:{words})" if each else r"(?!)")


def _same_but_for_ports(item: Difference) -> bool:
    """Whether rules differ in nothing but the ports that the engine's DNS server chose."""
    before, after = (
        [_DNS_PORT.sub(r"\1*", line) if _DNS in line else line for line in _lines(value)]
        for value in (item.before, item.after)
    )
    return before == after


def _lines(value: Value) -> Lines:
    return value if isinstance(value, tuple) else (value,) if value else ()


def sign(item: Difference) -> str:
    """`-` for what is gone or has changed, `+` for what is new."""
    return "-" if item.before else "+"


def belongs(item: Difference, place: str, name: str) -> bool:
    """Whether a difference is that an interface came or went, or one of its settings, or what went with it."""
    if item.place != place or (item.before and item.after):
        return False
    if item.aspect not in _OF_AN_INTERFACE | (_GO_WITH_IT if item.before else set()):
        return False
    return name in (item.key.split(".") if item.aspect == "sysctls" else item.key.split(" "))
