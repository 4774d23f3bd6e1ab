"""A snapshot as a flat table {(place, aspect, key): value}, so that two can be compared entry by entry.

Left out is what moves by itself: counters, indices, learned neighbours and FDB entries, what IPv6
configures for link-local use, ephemeral veth names (they are called by what they lead to).
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby

from netproof.facts import netlink_words, rule_words
from netproof.facts.model import BUILT_IN, ContainerFact, Link, Namespace, Netfilter, Route, Snapshot

Key = tuple[str, str, str]
Value = str | tuple[str, ...]
Flat = dict[Key, Value]
Alias = Callable[[str], str]
UNREAD = "cannot be read"
PRINTED = "printed"  # in another form, to be compared where one of two has that form only
Entries = Iterator[tuple[str, str, Value]]

_WRITTEN = {"PERMANENT", "NOARP"}  # FDB entries that somebody wrote; the rest was learned and ages
_QUEUE = 1000
_GROUP_MACS = ("33:33:", "01:00:5e:", "01:80:c2:")


def place_name(host: str, place: str) -> str:
    """What people call a place: the host's name, the node's, or HOST/FILE for a hidden namespace.

    An overlay's file has the same name on every host.
    """
    kind, _, name = place.partition(":")
    return host if kind == "host" else f"{host}/{name.rpartition('/')[2]}" if kind == "path" else name


def _aliases(host: str, snapshot: Snapshot) -> dict[str, str]:
    """Names of veths in the lab host's namespace -> `veth(client:eth0)`, by the peer they lead to."""
    outer = {link.index: link for link in snapshot.namespaces["host"].links if link.kind == "veth"}
    found = {}
    for place, namespace in snapshot.namespaces.items():
        if place == "host":
            continue
        for link in namespace.links:
            near = outer.get(link.peer_index or -1)
            if link.kind == "veth" and near is not None and near.peer_index == link.index and _ephemeral(near.name):
                found[near.name] = f"veth({place_name(host, place)}:{link.name})"
    return found


def _hidden_aliases(host: str, snapshot: Snapshot, place: str) -> dict[str, str]:
    """Names of veths in a hidden namespace, which are numbered as containers come, by the peer they lead to."""
    found: dict[str, str] = {}
    hidden = snapshot.namespaces[place]
    by_number = {number: other for other, number in hidden.nsids.items() if other in snapshot.namespaces}
    for link in hidden.links:
        other = by_number.get(link.peer_nsid if link.peer_nsid is not None else -1)
        if link.kind == "veth" and other and re.fullmatch(r"veth\d+", link.name):
            for end in snapshot.namespaces[other].links:
                if end.index == link.peer_index:
                    found[link.name] = f"veth({place_name(host, other)}:{end.name})"
    return found


def _ephemeral(name: str) -> bool:
    return re.fullmatch(r"veth[0-9a-f]{6,}", name) is not None


def _renamed(names: dict[str, str], name: str) -> str:
    return names.get(name, name)


def _link(link: Link, alias: Alias) -> str:
    shown = {
        "kind": link.kind,
        "mac": link.mac,
        "mtu": link.mtu,
        # The kernel gives a queue of 1000 to an interface without one when it first needs one, and leaves it there.
        "txqlen": None if link.txqlen == _QUEUE else link.txqlen,
        "flags": ",".join(sorted(link.flags)),
        "operstate": link.operstate,
        "master": alias(link.master),
        "promiscuity": link.promiscuity,
        "xdp": link.xdp,
    }
    return " ".join(f"{name}={value}" for name, value in shown.items() if value not in ("", None, False))


def _is_automatic(address: str) -> bool:
    parsed = ipaddress.ip_interface(address)
    return parsed.version == 6 and parsed.ip.is_link_local  # noqa: PLR2004 - IP version 6


def _is_kernels_own(route: Route) -> bool:
    if route.protocol != "kernel":
        return False
    return route.table == "local" or route.dst.startswith(("fe80:", "ff00:"))


def _route(route: Route, alias: Alias) -> tuple[str, str]:
    metric = f"metric {route.metric}" if route.metric else ""
    tos = f"tos {route.attributes['tos']}" if "tos" in route.attributes else ""
    key = " ".join(f"{route.table} {route.dst} {alias(route.interface)} {route.gateway} {metric} {tos}".split())
    parts = {"src": route.source, "scope": route.scope, "proto": route.protocol, **route.attributes}
    text = " ".join(f"{name}={value}" for name, value in parts.items() if value)
    hops = " ".join(f"nexthop {_hop(hop, alias)}" for hop in route.hops)
    return key, f"{route.type} {text} {hops}".strip()


def _hop(hop: str, alias: Alias) -> str:
    gateway, _, rest = hop.partition("@")
    interface, _, more = rest.partition(" ")
    return f"{gateway}@{alias(interface)} {more}".strip()


def _tables(netfilter: Netfilter) -> Entries:
    if netfilter.unread:
        yield UNREAD, "firewall", "; ".join(netfilter.unread)
    for flavour, tables in netfilter.iptables.items():
        for name, table in tables.items():
            if table.is_empty and flavour.endswith("-nft"):  # the legacy tables are the kernel's, and stay
                yield "tables", f"{flavour} {name}", "empty"
            for chain, about in table.chains.items():
                rules = tuple(rule.rule for rule in table.rules if rule.chain == chain)
                where = f"{flavour} {name} {chain}"
                # `iptables -A` and `-D` leave empty built-in chains behind; they do nothing.
                if chain not in BUILT_IN or about.policy != "ACCEPT" or rules:
                    yield "policies", where, about.policy or "(chain)"
                    yield "rules", where, rules
    for part, lines in netfilter.printed.items():
        yield PRINTED, f"nftables {part}", tuple(lines)
    for part, lines in netfilter.nft.items():
        yield "rules", f"nftables {part}", tuple(lines)


def _interfaces(namespace: Namespace, alias: Alias) -> Entries:
    for link in namespace.links:
        name = alias(link.name)
        yield "links", name, _link(link, alias)
        for setting, value in (link.details | {f"port {key}": value for key, value in link.port.items()}).items():
            if value is not None:
                yield "links", f"{name} {setting}", str(value)
        if link.offloads:
            yield "offloads", name, tuple(link.offloads)
    for address in namespace.addresses:
        if not _is_automatic(address.address):
            key = f"{alias(address.interface)} {address.address}"
            odd = [f"brd {address.odd_broadcast}"] if address.odd_broadcast else []
            yield "addresses", key, " ".join([address.scope, *address.peer.split(), *odd, *address.flags])
    for qdisc in namespace.qdiscs:
        yield "qdiscs", f"{alias(qdisc.interface)} {netlink_words.parent(qdisc.parent)}", qdisc.kind
    for name, several in groupby(namespace.traffic_control, key=lambda line: line.partition(" ")[0]):
        yield "traffic control", alias(name), tuple(line.partition(" ")[2] for line in several)


def _routing(namespace: Namespace, alias: Alias) -> Entries:
    for route in namespace.routes:
        if not _is_kernels_own(route):
            yield "routes", *_route(route, alias)
    rules: dict[str, list[str]] = {}
    for policy in namespace.policies:
        key = f"{policy.family} {policy.priority} {rule_words.match(policy.match)}".strip()
        rules.setdefault(key, []).append(rule_words.outcome(policy.action, policy.table, policy.match))
    for key, outcomes in rules.items():  # the next one is asked where the first has no route
        yield "ip rules", key, ", then ".join(outcomes)


def _choosing(namespace: Namespace, alias: Alias) -> Entries:
    """What else chooses ways: address labels, next hops, and policies that transform or block."""
    for label in namespace.labels:
        prefix, _, number = label.removeprefix("prefix ").partition(" label ")
        yield "address labels", alias(prefix), number
    for line in namespace.nexthops:
        yield "next hops", " ".join(line.split()[:2]), " ".join(line.split()[2:])
    for line, count in sorted(Counter(namespace.xfrm).items()):
        yield "xfrm", line, "present" if count == 1 else f"{count} times"


def _forwarding(namespace: Namespace, alias: Alias) -> Entries:
    """Neighbours and FDB entries that somebody wrote; what was learned comes and goes."""
    flags = {link.name: link.flags for link in namespace.links}
    for entry in namespace.neighbours:
        if netlink_words.is_written(entry.state, entry.mac, flags.get(entry.interface, ())):
            yield "neighbours", f"{alias(entry.interface)} {entry.address}", entry.mac
    for line in namespace.proxies:
        address, _, interface = line.partition(" dev ")
        yield "neighbours", f"{alias(interface)} {address} proxy", "answered for"
    for item in namespace.fdb:
        if item.state in _WRITTEN and not item.mac.startswith(_GROUP_MACS):
            vlan = f"vlan {item.vlan}" if item.vlan else ""
            yield (
                "fdb",
                " ".join(f"{alias(item.interface)} {item.mac} {item.where} {item.remote} {vlan}".split()),
                "present",
            )


def _settings(namespace: Namespace, alias: Alias) -> Entries:
    for socket in namespace.sockets:
        yield "sockets", f"{socket.proto} {socket.address}:{socket.port}", f"uid {socket.uid}"
    for name, value in namespace.sysctls.items():
        yield "sysctls", ".".join(alias(part) for part in name.split(".")), value


def _network(namespace: Namespace, alias: Alias) -> Entries:
    for aspects in (_interfaces, _routing, _choosing, _forwarding, _settings):
        yield from aspects(namespace, alias)
    yield from _tables(namespace.netfilter)
    yield from _files(namespace.files)
    yield "namespaces", "its identity", str(namespace.cookie or namespace.inode)


def _files(files: dict[str, list[str]]) -> Entries:
    for path, lines in files.items():
        yield "files", path, tuple(lines)


def _container(container: ContainerFact, namespace: str) -> Entries:
    name = container.name
    yield "containers", name, f"{container.state} {container.image} {container.mode}"
    yield "containers", f"{name} identity", f"{container.id[:12]} started {container.started}"
    if namespace:
        yield "containers", f"{name} namespace", namespace
    if container.command:
        yield "containers", f"{name} command", " ".join(container.command)
    if container.halted:
        yield "containers", f"{name} stopped processes", " ".join(container.halted)
    for network, end in container.networks.items():
        shown = [end["address"], end.get("address6", ""), end["mac"], *end.get("aliases", [])]
        yield "containers", f"{name} on {network}", " ".join(part for part in shown if part)
    for port, bound in container.ports.items():
        yield "containers", f"{name} port {port}", _bound(bound)
    for flag, value in container.settings.items():
        yield "containers", f"{name} {flag}", value


def _bound(bound: Iterable[dict[str, str]]) -> str:
    return ", ".join(f"{end['HostIp']}:{end['HostPort']}" for end in bound) or "not published"


def _namespaces(snapshot: Snapshot) -> dict[str, str]:
    """{container: whose network namespace it is in}: `its own`, `the host's` or `NAME's`."""
    spaces = snapshot.namespaces.items()
    owners = {space.inode: place for place, space in spaces if space.inode}
    found = {}
    for container in snapshot.engine.containers:
        kind, _, name = owners.get(container.inode, "").partition(":")
        if kind:
            is_own = name == container.name
            found[container.name] = "its own" if is_own else "the host's" if kind == "host" else f"{name}'s"
    return found


def _engine(snapshot: Snapshot) -> Entries:
    engine = snapshot.engine
    yield "engine", "answers", "yes" if engine.answers else "no"
    yield "engine", "version", engine.version
    yield "engine", "processes", f"dockerd {engine.dockerd} containerd {engine.containerd}"
    namespaces = _namespaces(snapshot)
    for container in engine.containers:
        yield from _container(container, namespaces.get(container.name, ""))
    for network in engine.networks:
        yield "networks", network.name, f"{network.driver} {network.subnets} internal={network.internal}"
        yield "networks", f"{network.name} identity", network.id[:12]
        for option, value in network.options.items():
            yield "networks", f"{network.name} {option}", value
    if engine.halted:
        yield "servers", "stopped processes", " ".join(engine.halted)
    for name, state in snapshot.spawned.items():
        yield "servers", name, "running" if state["alive"] else "dead"
    yield from _files(snapshot.files)
    for path, about in snapshot.programs.items():
        yield "programs", path, about


def flatten(snapshots: dict[str, Snapshot]) -> Flat:
    """Every comparable fact of a lab."""
    flat: Flat = {}
    for host, snapshot in snapshots.items():
        aliases = _aliases(host, snapshot)
        for aspect, key, value in _engine(snapshot):
            flat[host, aspect, key] = value
        for container in snapshot.engine.containers:
            for aspect, key, value in _files(container.files):
                flat[container.name, aspect, key] = value
        for place, namespace in snapshot.namespaces.items():
            where = place_name(host, place)
            is_hidden = place.startswith("path:")
            names = aliases if place == "host" else _hidden_aliases(host, snapshot, place) if is_hidden else {}
            for aspect, key, value in _network(namespace, partial(_renamed, names)):
                flat[where, aspect, key] = value
    return flat
