"""Firewall rules of the calling command's namespace, as iptables writes them and as nftables holds them.

`iptables-save` is iptables' own machine-readable form. What it cannot show (tables people made with
`nft`, or rules they added to iptables' tables) is taken from `nft -j`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from . import commands

_CHAIN = re.compile(r":(\S+) (\S+) \[(\d+):(\d+)\]$")
_RULE = re.compile(r"\[(\d+):(\d+)\] -A (\S+) ?(.*)$")
_IPTABLES = {"raw", "mangle", "nat", "filter", "security"}
_SEPARATOR = "#netproof# "
_UNREAD = "#unread#"
_SCRIPT = """
ruleset=$(nft -j list ruleset 2>&1)
for t in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do
  case $t in
    iptables-nft) case $ruleset in *'"family": "ip",'*) ;; *) continue;; esac;;
    ip6tables-nft) case $ruleset in *'"family": "ip6",'*) ;; *) continue;; esac;;
    iptables-legacy) read -r _ 2>/dev/null </proc/net/ip_tables_names || continue;;
    ip6tables-legacy) read -r _ 2>/dev/null </proc/net/ip6_tables_names || continue;;
  esac
  echo "#netproof# $t"; $t-save -c 2>&1 || echo "#unread#$t-save: $?"
done
echo "#netproof# nft"; printf '%s' "$ruleset"
echo; echo "#netproof# printed"; nft -s list ruleset
"""


def _sections(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(_SEPARATOR)[1:]:
        name, _, body = part.partition("\n")
        found[name] = body
    return found


def unread(sections: dict[str, str]) -> list[str]:
    """What could not be read, and what the tool said: a missing one must not look like a firewall without rules."""
    found = [body for body in sections.values() if _UNREAD in body]
    found = [" ".join(body.replace(_UNREAD, "exit code of ").split()) for body in found]
    ruleset = sections.get("nft", "").strip()
    return found + ([] if ruleset.startswith("{") else [" ".join(ruleset.split()) or "nft said nothing"])


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


def _unshown(saved: dict[str, dict[str, Any]], key: tuple[str, str], entries: list[tuple[str, Any]]) -> set[str] | None:
    """Chains of a table that iptables-save does not show in full; None for all that there is in it."""
    table = saved.get(key[0], {}).get(key[1])
    if key[1] not in _IPTABLES or table is None or table.get("foreign") or any(kind in _SETS for kind, _ in entries):
        return None
    shown = Counter(rule["chain"] for rule in table["rules"])
    bodies = [body for kind, body in entries if kind == "rule"]
    there = Counter(body["chain"] for body in bodies)
    strange = {body["chain"] for body in bodies if _beyond_iptables(body.get("expr", []))}
    return strange | {chain for chain in shown.keys() | there.keys() if shown[chain] != there[chain]}


Native = dict[str, list[str]]


def beyond(document: str, saved: dict[str, dict[str, Any]]) -> dict[tuple[str, str], set[str] | None]:
    """{(family, table): chains} that nftables holds and iptables does not show; None instead of chains means all of it.

    `saved` maps nftables' family to what iptables-save showed for it. ValueError when the document is none.
    """
    tables: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for kind, body in _objects(document):
        tables.setdefault(_table_of(kind, body), []).append((kind, body))
    found = {key: _unshown(saved, key, entries) for key, entries in tables.items()}
    return {key: chains for key, chains in found.items() if chains is None or chains}


def as_printed(text: str, wanted: dict[tuple[str, str], set[str] | None]) -> Native:
    """{`table ip mine chain input`: its lines} of what is wanted, out of what `nft -s list ruleset` prints."""
    found: Native = {}
    table = part = ""
    for line in text.splitlines():
        words, depth = line.split(_OWNED)[0].split(), len(line) - len(line.lstrip("\t"))
        opens = words[-1:] == ["{"] and depth <= _PART
        if opens:
            table = " ".join(words[:3]) if depth == 0 else table
            part = table if depth == 0 else f"{table} {' '.join(words[:-1])}"
        elif words == ["}"] and depth <= _PART:
            part = table
        if part and _is_wanted(part, wanted):
            found.setdefault(part, []).extend([] if opens or words in ([], ["}"]) else [" ".join(words)])
    return found


_OWNED = " # progname "  # `table inet mine { # progname python`: it belongs to a process, such as a walk beside
_PART = 1  # tabs before a chain, set or map of a table


def _is_wanted(part: str, wanted: dict[tuple[str, str], set[str] | None]) -> bool:
    _, family, table, *inside = part.split()
    chains = wanted.get((family, table), set())
    return chains is None or (inside[:1] == ["chain"] and inside[1] in chains)


def _native(document: str, printed: str, saved: dict[str, dict[str, Any]]) -> Native:
    """What nftables holds beyond what iptables shows, as `nft` prints it, without counters."""
    try:
        wanted = beyond(document, saved)
    except (ValueError, KeyError):
        return {"(nft)": document.strip().splitlines()} if document.strip() else {}
    return as_printed(printed, wanted) if wanted else {}


def _of_iptables(printed: str, saved: dict[str, dict[str, Any]]) -> Native:
    """What iptables shows in full, as `nft` prints it: to be compared with one that iptables cannot show any more."""
    own: dict[tuple[str, str], set[str] | None] = {
        (family, name): None for family, tables in saved.items() for name in tables
    }
    return as_printed(printed, own)


def rules(place: str) -> dict[str, Any]:
    """Firewall rules of a place: {"iptables": {flavour: {table: …}}, "nft": {part of the ruleset: lines}}.

    "printed" are iptables' tables in nftables' form, too.

    Where a tool failed there are none, and "unread" says what each said.
    """
    prefix = places_prefix(place)
    output = commands.run("host", [*prefix, "/bin/sh", "-c", _SCRIPT], timeout=20)["stdout"]
    sections = _sections(output)
    failed = unread(sections)
    if failed:
        return {"iptables": {}, "nft": {}, "unread": failed}
    ruleset, printed = sections.pop("nft", ""), sections.pop("printed", "")
    parsed = {name: parse_save(body) for name, body in sections.items()}
    saved = {"ip": parsed.get("iptables-nft", {}), "ip6": parsed.get("ip6tables-nft", {})}
    return {
        "iptables": {name: tables for name, tables in parsed.items() if tables},
        "nft": _native(ruleset, printed, saved),
        "printed": _of_iptables(printed, saved),
    }


def places_prefix(place: str) -> list[str]:
    """Enter only a place's network: the tools are the lab host's, a container's own may be missing or altered."""
    from . import namespaces  # noqa: PLC0415 - keeps this module importable without an engine

    return [] if place == "host" else ["nsenter", f"--net={namespaces.netns_file(place)}", "--"]
