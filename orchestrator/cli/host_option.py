"""`--host`: where a command works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netproof.engine import location, placement, vagrant_machines
from netproof.engine.location import Where
from netproof.errors import UsageError
from netproof.state.instance import Instance
from netproof.wait import slower


@contextmanager
def at_host(host: str) -> Iterator[Where]:
    """Work at the place that `--host` names, or at the usual one."""
    place = Where.parse(host) if host else location.current()
    with _at(place):
        yield place


@contextmanager
def at_instance(name: str, tag: str, host: str) -> Iterator[None]:
    """Work where an instance is; one that is not built yet comes to the place that `--host` names, or the usual one."""
    instance = Instance.named(name, tag)
    asked = Where.parse(host) if host else None
    built = placement.place_of(instance)
    if built and asked and built != asked:
        raise UsageError(
            f"{instance} is not on {asked}: it was built on {built}.",
            f"Remove it there first (invoke lab down {instance.arguments}), or name another copy: --as second.",
        )
    with _at(built or asked or location.current()):
        yield


@contextmanager
def _at(place: Where) -> Iterator[None]:
    """At a place, with the patience that it takes there."""
    slowness = vagrant_machines.slowness() if place.kind == location.VAGRANT else 1.0
    with location.at(place), slower(slowness):
        yield
