"""Firewall rules of the calling command's namespace, as iptables writes them and as nftables holds them.

`iptables-save` is iptables' own machine-readable form. What it cannot show (tables people made with
`nft`, or rules they added to iptables' tables) is taken from `nft -j`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from . import commands

_CHAIN = re.compile(r":(\S+) (\S+) \[(\d+):(\d+)\]$")
_RULE = re.compile(r"\[(\d+):(\d+)\] -A (\S+) ?(.*)$")
_IPTABLES = {"raw", "mangle", "nat", "filter", "security"}
_SEPARATOR = "#netproof# "
_SCRIPT = """
ruleset=$(nft -j list ruleset 2>&1)
for t in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
  case $t in
    *-nft) case $ruleset in *'"table"'*) ;; *) continue;; esac;;
    iptables-legacy) grep -q . /proc/net/ip_tables_names 2>/dev/null || continue;;
    ip6tables-legacy) grep -q . /proc/net/ip6_tables_names 2>/dev/null || continue;;
  esac
  echo "#netproof# $t"; $t-save -c 2>&1
done
echo "#netproof# nft"; printf '%s' "$ruleset"
"""


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(_SEPARATOR)[1:]:
        name, _, body = part.partition("\n")
        found[name] = body
    return found


def parse_save(text: str) -> dict[str, Any]:
    """`iptables-save -c` as {table: {"chains": {name: {policy, packets, bytes}}, "rules": [...]}}.

    Tables iptables cannot show in full have "foreign" set.
    """
    tables: dict[str, Any] = {}
    table: dict[str, Any] = {}
    for line in text.splitlines():
        if line.startswith("*"):
            table = tables.setdefault(line[1:], {"chains": {}, "rules": []})
        elif (found := _CHAIN.match(line)) is not None:
            name, policy, packets, size = found.groups()
            table["chains"][name] = {
                "policy": "" if policy == "-" else policy,
                "packets": int(packets),
                "bytes": int(size),
            }
        elif (found := _RULE.match(line)) is not None:
            packets, size, chain, rule = found.groups()
            table["rules"].append({"chain": chain, "rule": rule, "packets": int(packets), "bytes": int(size)})
        elif (clash := re.match(r"# Table `(\w+)' (?:contains|is) incompatible", line)) is not None:
            tables.setdefault(clash[1], {"chains": {}, "rules": []})["foreign"] = True
    return tables


_MOVING = {"handle", "index", "expires", "used"}


def _without_counters(value: Any) -> Any:
    """An nftables object without what moves by itself."""
    if isinstance(value, dict):
        kept = {key: _without_counters(item) for key, item in value.items() if key not in _MOVING}
        if "packets" in kept and "bytes" in kept:
            del kept["packets"], kept["bytes"]
        return kept
    if isinstance(value, list):
        return [_without_counters(item) for item in value]
    return value


def _beyond_iptables(value: Any) -> bool:
    """Whether a rule uses sets or maps, which iptables-save leaves out without a word."""
    if isinstance(value, dict):
        return any(key in _SETS or _beyond_iptables(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_beyond_iptables(item) for item in value)
    return isinstance(value, str) and value.startswith("@")


_SETS = {"set", "map", "vmap"}


def _objects(document: str) -> list[tuple[str, dict[str, Any]]]:
    return [next(iter(entry.items())) for entry in json.loads(document)["nftables"] if "metainfo" not in entry]


def _table_of(kind: str, body: dict[str, Any]) -> tuple[str, str]:
    return body.get("family", ""), body.get("name", "") if kind == "table" else body.get("table", "")


def _shown_in_full(saved: dict[str, dict[str, Any]], key: tuple[str, str], entries: list[tuple[str, Any]]) -> bool:
    """Whether iptables-save showed everything there is in a table."""
    table = saved.get(key[0], {}).get(key[1])
    if key[1] not in _IPTABLES or table is None or table.get("foreign"):
        return False
    rules = [body for kind, body in entries if kind == "rule"]
    strange = any(kind in _SETS for kind, _ in entries) or any(_beyond_iptables(body.get("expr", [])) for body in rules)
    return not strange and len(table["rules"]) == len(rules)


def native(document: str, saved: dict[str, dict[str, Any]]) -> list[str]:
    """What nftables holds beyond the tables iptables shows in full: one JSON text per object, in order.

    `saved` maps nftables' family to what iptables-save showed for it.
    """
    try:
        objects = _objects(document)
    except (ValueError, KeyError):
        return [document.strip()] if document.strip() else []
    tables: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for kind, body in objects:
        tables.setdefault(_table_of(kind, body), []).append((kind, body))
    full = {key for key, entries in tables.items() if _shown_in_full(saved, key, entries)}
    return [
        json.dumps({kind: _without_counters(body)}, sort_keys=True)
        for kind, body in objects
        if _table_of(kind, body) not in full
    ]


def rules(place: str) -> dict[str, Any]:
    """Firewall rules of a place: {"iptables": {flavour: {table: …}}, "nft": [json text, …]}."""
    prefix = places_prefix(place)
    output = commands.run("host", [*prefix, "/bin/sh", "-c", _SCRIPT], timeout=20)["stdout"]
    sections = _sections(output)
    ruleset = sections.pop("nft", "")
    parsed = {name: parse_save(body) for name, body in sections.items()}
    saved = {"ip": parsed.get("iptables-nft", {}), "ip6": parsed.get("ip6tables-nft", {})}
    return {
        "iptables": {name: tables for name, tables in parsed.items() if tables},
        "nft": native(ruleset, saved),
    }


def places_prefix(place: str) -> list[str]:
    """Enter only a place's network: the tools are the lab host's, a container's own may be missing or altered."""
    from . import places  # noqa: PLC0415 - keeps this module importable without an engine

    return [] if place == "host" else ["nsenter", f"--net={places.netns_file(place)}", "--"]
