"""A walk as a table: what was recorded of it, as far as it has the shape of netproof.walk's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from netproof.handbook.plain_text import line
from netproof.walk.wording import title, verdict


@frozen
class Stop:
    """One station: the place, what there, what it says, and what became of the packet."""

    place: str
    what: str
    text: str
    became: str


@frozen
class Leg:
    """One packet's way."""

    title: str
    stops: Sequence[Stop]


def legs(walked: Mapping[str, Any]) -> list[Leg]:
    """The legs of a walk; none where it has another shape."""
    return [Leg(title(_text(leg, "direction"), _text(leg, "packet")), _stops(leg)) for leg in _several(walked, "legs")]


def ending(walked: Mapping[str, Any]) -> str:
    """How it ended, and where it died, if it did."""
    death = walked.get("death")
    if not isinstance(death, Mapping):
        return "; ".join(filter(None, (_text(walked, "outcome"), _text(walked, "note"))))
    return f"{_text(walked, 'outcome')}; {verdict(_text(death, 'basis'), _text(death, 'place'), _text(death, 'why'))}"


def _stops(leg: Mapping[str, Any]) -> list[Stop]:
    return [_stop(station) for station in _several(leg, "stations")]


def _stop(station: Mapping[str, Any]) -> Stop:
    what = dict.fromkeys(filter(None, (_text(station, "kind"), _text(station, "name"))))  # `conntrack` is both
    after = filter(None, (_text(station, "after_source"), _text(station, "after_target")))
    became = filter(None, (_text(station, "verdict"), " → ".join(after)))
    return Stop(_text(station, "place"), " ".join(what), _text(station, "text"), ", ".join(became))


def _several(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = found.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def _text(found: Mapping[str, Any], name: str) -> str:
    return line(str(found.get(name) or ""))
