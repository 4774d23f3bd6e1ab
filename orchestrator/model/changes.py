"""Deliberate changes to a lab: how to make one, how to see that it took effect, how to undo it exactly.

`rule_added`, `rule_deleted`, `sysctl_set` and `link_down` write down what is the same each time; `changed` takes
shell commands; `both` makes one change of several.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen

from orchestrator.errors import DefinitionError


@frozen
class Step:
    """A shell command in a place of the lab (a lab host or a node)."""

    at: str
    run: str


def steps(given: Step | Iterable[Step]) -> tuple[Step, ...]:
    """A converter: one step or several."""
    return (given,) if isinstance(given, Step) else tuple(given)


@frozen
class Change:
    """What to run to make it, what then succeeds and did not before, and what to run to have it undone."""

    inject: tuple[Step, ...] = field(converter=steps)
    took: tuple[Step, ...] = field(converter=steps)
    undo: tuple[Step, ...] = field(converter=steps)

    def __attrs_post_init__(self) -> None:
        if not (self.inject and self.took and self.undo):
            raise DefinitionError(
                "change",
                (self.inject, self.took, self.undo),
                "a change needs a way in, a way to see that it took effect, and a way back",
                "Fill in inject, took and undo.",
            )


def changed(at: str, inject: str, took: str, undo: str) -> Change:
    """A change by shell commands in one place; `took` exits 0 when it is in effect, and only then."""
    return Change(Step(at, inject), Step(at, took), Step(at, undo))


def both(*changes: Change) -> Change:
    """Several changes as one, undone the other way round."""
    return Change(
        [step for change in changes for step in change.inject],
        [step for change in changes for step in change.took],
        [step for change in reversed(changes) for step in change.undo],
    )


def rule_added(at: str, rule: str, table: str = "filter", number: int = 1) -> Change:
    """An iptables rule (`FORWARD -i eth0 -j DROP`) that stands at this number of its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        at,
        f"iptables -w -t {table} -I {chain} {number} {rest}",
        f"iptables -w -t {table} -C {rule}",
        f"iptables -w -t {table} -D {rule}",
    )


def rule_deleted(at: str, rule: str, table: str = "filter", number: int = 1) -> Change:
    """An iptables rule that is gone, from this number of its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        at,
        f"iptables -w -t {table} -D {rule}",
        f"! iptables -w -t {table} -C {rule} 2>/dev/null",
        f"iptables -w -t {table} -I {chain} {number} {rest}",
    )


def sysctl_set(at: str, key: str, value: str, was: str) -> Change:
    """A sysctl that has another value than it `was` given."""
    return changed(at, f"sysctl -qw {key}={value}", f'test "$(sysctl -n {key})" = "{value}"', f"sysctl -qw {key}={was}")


def link_down(at: str, interface: str, then: str = "true") -> Change:
    """An interface that is down; `then` brings back what the kernel took away with it, such as routes."""
    return changed(
        at,
        f"ip link set {interface} down",
        f"! ip -o link show {interface} | grep -q '[<,]UP[,>]'",
        f"ip link set {interface} up && {then}",
    )


def port_of(container: str, interface: str = "eth0") -> str:
    """Shell words for the lab host's end of a container's veth, whose name is random."""
    index = f"$(docker exec {container} cat /sys/class/net/{interface}/iflink)"
    return f"""$(ip -o link | sed -n "s/^{index}: \\([^@:]*\\).*/\\1/p")"""
