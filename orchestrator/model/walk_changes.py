"""Changes to rules, routes and sysctls that many walk cases have in common, of both families."""

from __future__ import annotations

import shlex

from netproof.model.changes import Change, Step, changed


def within(container: str, command: str) -> str:
    """A command of the lab host in a container's network namespace: the container's own sysctls are read-only."""
    return f"nsenter -t $(docker inspect -f '{{{{.State.Pid}}}}' {container}) -n {command}"


def sysctl_within(container: str, key: str, value: str, was: str, host: str = "host") -> Change:
    """A sysctl of a container's network namespace that has another value than it `was` given."""
    return changed(
        host,
        within(container, f"sysctl -qw {key}='{value}'"),
        f'test "$({within(container, f"sysctl -n {key}")})" = "{value}"',
        within(container, f"sysctl -qw {key}='{was}'"),
    )


def nft_added(at: str, chains: str, family: str = "inet", name: str = "extra") -> Change:
    """A table of nftables with these chains, as `nft -f` reads them."""
    table = shlex.quote(f"table {family} {name} {{ {chains} }}")
    return changed(
        at,
        f"echo {table} | nft -f -",
        f"nft list table {family} {name} >/dev/null",
        f"nft delete table {family} {name}",
    )


def hooked(hook: str, rules: str, priority: str = "0", kind: str = "filter", device: str = "") -> str:
    """A base chain as `nft_added` takes it; its rules are separated by semicolons, its policy is to accept."""
    on = f" device {device}" if device else ""
    return f"chain {hook} {{ type {kind} hook {hook}{on} priority {priority}; {rules}; }};"


def rule6_added(at: str, rule: str, table: str = "filter", number: int = 1) -> Change:
    """An ip6tables rule (`FORWARD -i eth0 -j DROP`) that stands at this number of its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        at,
        f"ip6tables -w -t {table} -I {chain} {number} {rest}",
        f"ip6tables -w -t {table} -C {rule}",
        f"ip6tables -w -t {table} -D {rule}",
    )


def route_added(at: str, route: str, *, six: bool = False) -> Change:
    """A route that should not be there (`prohibit 203.0.113.1`, `10.9.0.0/16 via 10.0.0.9`)."""
    ip = "ip -6" if six else "ip"
    return changed(
        at,
        f"{ip} route add {route}",
        f"{ip} route show table all | grep -qF '{_shown(route)}'",
        f"{ip} route del {route}",
    )


def _shown(route: str) -> str:
    """As much of a route as `ip route show` writes in the same words."""
    kept = []
    for word in route.split():
        if word in {"table", "dev", "metric", "src", "onlink", "mtu"}:
            break
        kept.append(word.removesuffix("/32").removesuffix("/128"))
    return " ".join(kept)


def rule_of_routes(at: str, rule: str, *, six: bool = False) -> Change:
    """A rule of `ip rule` (`fwmark 7 lookup 77`)."""
    ip = "ip -6" if six else "ip"
    return changed(
        at,
        f"{ip} rule add {rule} priority 77",
        f"{ip} rule show priority 77 | grep -q .",
        f"{ip} rule del priority 77",
    )


def address_changed(at: str, was: str, becomes: str, interface: str = "eth0", then: str = "true") -> Change:
    """An address of an interface (`10.0.0.2/8`) that is another one; `then` brings back what routes went with it."""
    return changed(
        at,
        f"ip addr del {was} dev {interface}; ip addr add {becomes} dev {interface}",
        f"ip -o addr show dev {interface} | grep -qF ' {becomes} '",
        f"ip addr del {becomes} dev {interface}; ip addr add {was} dev {interface} && {then}",
    )


def forgotten(at: str) -> Step:
    """What a namespace learned of its neighbours is forgotten; what was written down stays."""
    return Step(at, "ip neigh flush all; ip -6 neigh flush all; true")
