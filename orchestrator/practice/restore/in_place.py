"""Puts a lab's namespaces back to their baseline in place: interfaces, addresses, routes, entries, sysctls, rules.

What cannot be put back so (an interface that is gone, another container) stays, and whoever compares will see it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from netproof.facts import rule_words
from netproof.facts.netlink_words import is_written
from netproof.lab.agent_client import Agent
from netproof.lab.running import RunningLab
from netproof.practice.restore import firewall_commands, settings_commands
from netproof.practice.restore.files import put_back

Space = dict[str, Any]
_LIMIT = 30.0
_SWITCHES = {"PROMISC": "promisc", "ALLMULTI": "allmulticast", "NOARP": "arp", "NOMULTICAST": "multicast"}
_FLAGS = {"learning": "learning", "flood": "flood", "hairpin": "hairpin", "isolated": "isolated"}


def mend(lab: RunningLab, before: dict[str, Any]) -> None:
    """As far as commands in each namespace can. Snapshots are as agents send them, {lab host: snapshot}."""
    now = lab.snapshot()
    for host, snapshot in before.items():
        if host in now:
            put_back(lab.agent(host), snapshot, now[host])
        for place, space in snapshot["namespaces"].items():
            there = now.get(host, {}).get("namespaces", {}).get(place)
            if there is not None:
                _mend_space(lab, host, place, space, there)


def _mend_space(lab: RunningLab, host: str, place: str, before: Space, now: Space) -> None:
    agent = lab.agent(host)
    _run(agent, place, (command for part in _PARTS for command in part(before, now)))
    had, has = (space["netfilter"]["iptables"] for space in (before, now))
    for flavour in sorted(had.keys() | has.keys()):
        text = firewall_commands.restored(had.get(flavour, {}), has.get(flavour, {}))
        if text:
            command = [f"{flavour}-restore", "-w"]
            agent.call("run", limit=_LIMIT + 30, place=place, command=command, stdin=text, timeout=_LIMIT)
    _run(agent, place, firewall_commands.emptied(before, now))


def _run(agent: Agent, place: str, commands: Iterable[str]) -> None:
    script = "\n".join(f"{command} || true" for command in commands)
    if script:
        agent.call("run", limit=_LIMIT + 30, place=place, command=script, stdin=None, timeout=_LIMIT)


def _named(space: Space) -> dict[str, Any]:
    return {link["name"]: link for link in space["links"]}


def _links(before: Space, now: Space) -> Iterator[str]:
    had, has = _named(before), _named(now)
    for name in has.keys() - had.keys():
        yield f"ip link del {name}"
    for name in had.keys() & has.keys():
        yield from _link(name, had[name], has[name])


def _link(name: str, had: dict[str, Any], has: dict[str, Any]) -> Iterator[str]:
    if had["master"] != has["master"]:
        yield f"ip link set {name} " + (f"master {had['master']}" if had["master"] else "nomaster")
    for key, word in (("mtu", "mtu"), ("txqlen", "txqueuelen"), ("mac", "address")):
        if had[key] != has[key] and had[key] not in {"", None}:
            yield f"ip link set {name} {word} {had[key]}"
    for flag, word in _SWITCHES.items():
        was, is_ = flag in had["flags"], flag in has["flags"]
        if was != is_:
            yield f"ip link set {name} {word} {'on' if was is not flag.startswith('NO') else 'off'}"
    for key, word in _FLAGS.items():
        if key in had["port"] and had["port"].get(key) != has["port"].get(key):
            yield f"bridge link set dev {name} {word} {'on' if had['port'][key] else 'off'}"
    if ("UP" in had["flags"]) != ("UP" in has["flags"]):
        yield f"ip link set {name} {'up' if 'UP' in had['flags'] else 'down'}"


def _addresses(before: Space, now: Space) -> Iterator[str]:
    had, has = ({_address(item) for item in space["addresses"]} for space in (before, now))
    lost, new = had - has, has - had
    if not (lost or new):
        return
    for interface, address, _ in sorted(new):
        yield f"ip addr del {address} dev {interface}"
    touched = {interface for interface, _, _ in lost | new}
    for interface, address, words in sorted(had):
        # All of IPv4 there: the kernel takes later ones away with a subnet's first.
        if (interface, address, words) in lost or (interface in touched and "." in address):
            yield " ".join(["ip addr replace", address, "dev", interface, *words])


def _address(item: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    """(interface, address, what somebody gave it)."""
    broadcast = (f"broadcast {item['broadcast']}",) if item.get("broadcast") else ()
    flags = tuple(flag for flag in item.get("flags", ()) if flag != "secondary")
    return item["interface"], item["address"], broadcast + flags


def _routes(before: Space, now: Space) -> Iterator[str]:
    def own(space: Space) -> list[dict[str, Any]]:
        return [item for item in space["routes"] if item["table"] != "local"]

    had, has = own(before), own(now)
    for item in has:
        if not any(_is_same(item, other) for other in had):
            yield f"ip route del {_route(item)}"
    # Routes without a gateway first: the others' gateways are reached by them. Kept ones may go with an address.
    for item in sorted(had, key=lambda item: bool(item["gateway"])):
        if ":" not in item["dst"] or not any(_is_same(item, other) for other in has):
            yield f"ip route replace {_route(item)}"


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return _route(one) == _route(other)


def _route(item: dict[str, Any]) -> str:
    kind = "" if item["type"] == "unicast" else item["type"]
    words = [kind, item["dst"]]
    for word, key in (("via", "gateway"), ("dev", "interface"), ("src", "source"), ("metric", "metric")):
        words += [word, str(item[key])] if item[key] else []
    for word, key in (("table", "table"), ("proto", "protocol"), ("scope", "scope")):
        words += [word, str(item[key])] if item[key] not in {"", "main", "unspec"} else []
    for word, value in item.get("attributes", {}).items():
        words += [word] if value == "yes" else [word, value]
    for hop in item["hops"]:
        gateway, _, rest = hop.partition("@")
        words += ["nexthop", f"via {gateway}" if gateway else "", "dev", rest]
    return " ".join(word for word in words if word)


def _neighbours(before: Space, now: Space) -> Iterator[str]:
    had, has = (_written(space) for space in (before, now))
    for interface, address in has.keys() - had.keys():
        yield f"ip neigh del {address} dev {interface}"
    for (interface, address), item in had.items():
        if has.get((interface, address)) != item:
            yield f"ip neigh replace {address} lladdr {item['mac']} dev {interface} nud {item['state'].lower()}"


def _written(space: Space) -> dict[tuple[str, str], dict[str, Any]]:
    """Neighbours that were not learned, by interface and address."""
    flags = {link["name"]: link["flags"] for link in space["links"]}
    return {
        (item["interface"], item["address"]): item
        for item in space["neighbours"]
        if is_written(item["state"], item["mac"], flags.get(item["interface"], ()))
    }


def _fdb(before: Space, now: Space) -> Iterator[str]:
    had, has = (
        {(item["interface"], item["mac"], item["where"], item["remote"]) for item in space["fdb"] if item["remote"]}
        for space in (before, now)
    )
    for interface, mac, where, remote in has - had:
        yield f"bridge fdb del {mac} dev {interface} {where} dst {remote}"
    for interface, mac, where, remote in had - has:
        yield f"bridge fdb append {mac} dev {interface} {where} dst {remote} permanent"


def _policies(before: Space, now: Space) -> Iterator[str]:
    """Rules of a priority at which they are not what they were, or not in that order: all of them anew.

    `ip rule del` takes the first that has what it names, which may be another one.
    """
    had, has = (_by_priority(space) for space in (before, now))
    for family, priority in sorted(had.keys() | has.keys()):
        lost, found = had.get((family, priority), []), has.get((family, priority), [])
        if lost != found:
            ip = f"ip {'-6' if family == 'ip6' else '-4'} rule"
            yield from (f"{ip} del priority {priority}" for _ in found)
            yield from (f"{ip} add priority {priority} {words}" for words in lost)


def _by_priority(space: Space) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for item in space["policies"]:
        words = f"{rule_words.match(item['match'])} {rule_words.outcome(item['action'], item['table'], item['match'])}"
        found.setdefault((item["family"], item["priority"]), []).append(words.strip())
    return found


def _qdiscs(before: Space, now: Space) -> Iterator[str]:
    had = {(item["interface"], item["parent"], item["kind"]) for item in before["qdiscs"]}
    for item in now["qdiscs"]:
        if (item["interface"], item["parent"], item["kind"]) not in had:
            yield f"tc qdisc del dev {item['interface']} root"


def _sysctls(before: Space, now: Space) -> Iterator[str]:
    for key, value in before["sysctls"].items():
        if key in now["sysctls"] and now["sysctls"][key] != value:
            yield f"echo {shlex.quote(value)} >/proc/sys/{key.replace('.', '/')}"


_PARTS: tuple[Callable[[Space, Space], Iterator[str]], ...] = (
    _qdiscs,
    _links,
    _addresses,
    _routes,
    _neighbours,
    _fdb,
    _policies,
    _sysctls,
    settings_commands.link_settings,
    settings_commands.labels,
    settings_commands.proxies,
    settings_commands.next_hops,
    settings_commands.transforms,
    firewall_commands.tables,
)
