"""What a picture consists of."""

from __future__ import annotations

from attrs import frozen


@frozen
class Interface:
    """An interface that is drawn; `notes` says more about it, such as its network or its state.

    `ports` are published ports that it takes, as `*:8080 -> web:80/tcp`.
    """

    id: str
    name: str
    kind: str
    addresses: tuple[str, ...]
    notes: tuple[str, ...]
    marked: bool = False
    ports: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """As it is written."""
        return (" ".join((self.name, *self.addresses[:1])), *self.addresses[1:], *self.notes, *self.ports)


@frozen
class Box:
    """A network namespace, or a container without one; `marks` is what deviates from the baseline in it."""

    id: str
    host: str
    name: str
    kind: str
    interfaces: tuple[Interface, ...]
    notes: tuple[str, ...]
    marks: tuple[str, ...]


@frozen
class Edge:
    """A connection of two interfaces: kind veth, port, parent or vxlan; forward or blocked from a bridge to a way out.

    Lines of a label are parted by line feeds.
    """

    start: str
    end: str
    kind: str
    label: str


@frozen
class Graph:
    """A lab as it is now."""

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """All that deviates, with the box it is in."""
        return tuple(f"{box.name}: {mark}" for box in self.boxes for mark in box.marks)
