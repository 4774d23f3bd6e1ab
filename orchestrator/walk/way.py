"""A walk on the topology: which interfaces a packet passed, and what was decided between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

from netproof.facts.flat_snapshot import place_name
from netproof.graph import Graph
from netproof.graph.model import Box
from netproof.walk.model import Leg, Station

_PORT_OF = re.compile(r"port of (\S+)")
_DEVICE = re.compile(r" dev (\S+)")
BACKWARDS = {"back", "reset", "error", "relay-back", "relay-error"}


@define
class Stop:
    """A place of a packet's way: an interface that is drawn, or a box; `decided` came before it, `then` at it.

    `where` is the id of the interface or of the box in the graph.
    """

    where: str
    place: str
    name: str
    decided: list[Station] = field(factory=list)
    then: list[Station] = field(factory=list)


@frozen
class Map:
    """What of a graph the places and interfaces of stations are."""

    boxes: Mapping[str, Box]

    @classmethod
    def of(cls, graph: Graph) -> Map:
        """Boxes by what stations call their place."""
        found = {}
        for box in graph.boxes:
            host, _, place = box.id.partition("/")
            found[place_name(host, place)] = box
        return cls(found)

    def name(self, place: str) -> str:
        """What a place is called in the picture."""
        return self.boxes[place].name if place in self.boxes else place

    def interface(self, place: str, *names: str) -> str:
        """The id of the first of these interfaces that is drawn; nothing where none is."""
        box = self.boxes.get(place)
        drawn = {each.name: each.id for each in box.interfaces} if box is not None else {}
        return next((drawn[name] for name in names if name in drawn), "")

    def where(self, station: Station) -> str:
        """Where a packet is by a station that tells: an interface, or the bridge whose port it is."""
        if station.kind not in {"interface", "bridge"}:
            return ""
        port = _PORT_OF.search(station.text)
        return self.interface(station.place, station.name, *(port.groups() if port else ()))

    def device(self, stations: list[Station]) -> str:
        """Where a packet that left no trace on an interface would have gone by its route."""
        for station in reversed(stations):
            device = _DEVICE.search(station.text) if station.kind == "route" else None
            if device is not None and (found := self.interface(station.place, device[1])):
                return found
        return ""


def stops(leg: Leg, on: Map) -> list[Stop]:
    """The way of one packet."""
    found: list[Stop] = []
    waiting: list[Station] = []
    for station in leg.stations:
        where = on.where(station)
        if not where:
            waiting.append(station)
            continue
        if found and found[-1].where == where:
            found[-1].then += waiting
        else:
            found.append(Stop(where, station.place, station.name, decided=waiting))
        waiting = []
    if found:
        found[-1].then += waiting
    elif waiting:
        last = waiting[-1]
        where = on.device(waiting) or (on.boxes[last.place].id if last.place in on.boxes else "")
        found.append(Stop(where, last.place, "", decided=waiting))
    return found


def said(stations: list[Station]) -> Iterator[str]:
    """What of decisions changed the packet, ended it, or sent it on: not all that it passed."""
    for station in stations:
        if station.after_source:
            yield f"source becomes {station.after_source}"
        if station.after_target:
            yield f"destination becomes {station.after_target}"
        if station.kind in {"rule", "policy"}:
            yield from _decision(station)
        elif station.kind == "encapsulation" or (station.kind in {"process", "name", "lost"} and station.text):
            yield station.text
        elif station.kind == "route":
            yield f"route: {station.text}" + (f", {station.verdict}" if station.verdict != "unicast" else "")


def _decision(station: Station) -> Iterator[str]:
    if station.verdict.split()[:1] and station.verdict.split()[0] in {"drop", "reject"}:
        yield f"{station.verdict} by {station.table} {station.chain}: {_rule(station)}"
    elif (station.kind, station.table, station.verdict) == ("rule", "filter", "accept"):
        yield f"accepted in {station.chain}"


def _rule(station: Station) -> str:
    return station.text.removeprefix(f"-A {station.chain} ")
