"""Taking labs away: one instance, or everything of ours, found by label."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from attrs import frozen

from netproof.hosts import Hosts
from netproof.state.instance import Instance
from netproof.state.instance import root as state_root


@frozen
class Removed:
    """What was removed, in words people know, and what had to stay because something that is not ours uses it."""

    hosts: list[str]
    other: list[str]
    kept: list[str]


def down(hosts: Hosts, instance: Instance) -> list[str]:
    """Remove an instance; returns the lab hosts that were removed, none when there were none."""
    found = hosts.find(instance)
    hosts.remove(found)
    hosts.remove_volumes(instance)
    instance.forget()
    return [host.host for host in found]


def clean(hosts: Hosts, *, keep_images: bool) -> Removed:
    """Remove everything that carries this owner's label: lab hosts, and whatever else there is of ours."""
    found = hosts.find()
    hosts.remove(found)
    rest = hosts.sweep(keep_images=keep_images)
    return Removed([f"{host.instance} {host.host}" for host in found], rest.other, rest.kept)


def forget_files(instances: Iterable[Instance]) -> None:
    """Remove what we know of instances that are gone."""
    for instance in instances:
        instance.forget()
    with suppress(OSError):  # one that is somewhere else is still remembered
        (state_root() / "instances").rmdir()
