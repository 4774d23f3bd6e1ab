"""Rules as people know them, found by what a trace calls them."""

from __future__ import annotations

import json
import re
from typing import Any

_HANDLE = re.compile(r" # handle (\d+)$")
_TARGET = re.compile(r"(?:^| )-(?:j|g) (\S+)")
_ENDING = {"ACCEPT", "DROP", "RETURN"}


class Ruleset:
    """The rules of one namespace, as nftables lists them (JSON, and as text) and as iptables saves them."""

    def __init__(self, listing: str, text: str, netfilter: dict[str, Any] | None) -> None:
        self._chains: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._handles: dict[tuple[str, str, str], list[int]] = {}
        self._texts = _by_handle(text)
        self._saved = netfilter["iptables"] if netfilter else {}
        for entry in json.loads(listing)["nftables"] if listing else []:
            kind, body = next(iter(entry.items()))
            if kind == "chain":
                self._chains[body["family"], body["table"], body["name"]] = body
            elif kind == "rule":
                where = body["family"], body["table"], body["chain"]
                self._handles.setdefault(where, []).append(body["handle"])

    def base(self, family: str, table: str, chain: str) -> tuple[str, int, str]:
        """(hook, priority, type) of a base chain."""
        body = self._chains.get((family, table, chain), {})
        return body.get("hook", ""), int(body.get("prio", 0)), body.get("type", "")

    def text(self, family: str, table: str, chain: str, handle: int) -> str:
        """A rule as `iptables -S` has it where iptables wrote it, else as nft lists it."""
        handles = self._handles.get((family, table, chain), [])
        flavour = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}.get(family, "")
        rules = self._of(flavour, table, chain)
        if handle in handles and len(rules) == len(handles):
            return rules[handles.index(handle)]
        return self._texts.get((family, table, chain, handle), f"rule with handle {handle}")

    def _of(self, flavour: str, table: str, chain: str) -> list[str]:
        rules = self._saved.get(flavour, {}).get(table, {}).get("rules", [])
        return [f"-A {rule['chain']} {rule['rule']}".strip() for rule in rules if rule["chain"] == chain]

    def legacy(self, message: dict[str, Any]) -> tuple[str, str, str, str, str] | None:
        """What a message of the older tables speaks of: kind, table, chain, text, verdict."""
        table, chain = message["table"], message["chain"]
        flavour = "ip6tables-legacy" if message["family"] == 10 else "iptables-legacy"  # noqa: PLR2004 - AF_INET6 of Linux
        rules = self._of(flavour, table, chain)
        # The kernel calls a rule that matches everything and ends the matter a policy, in a chain of people's a return.
        inside = 0 < message["number"] <= len(rules)
        if message["type"] == "policy" and not inside:
            policy = self._saved.get(flavour, {}).get(table, {}).get("chains", {}).get(chain, {}).get("policy", "")
            return "policy", table, chain, f"policy {policy or 'ACCEPT'}", (policy or "ACCEPT").lower()
        if not inside:
            return None
        text = rules[message["number"] - 1]
        return "rule", table, chain, text, verdict_of(text)


def verdict_of(text: str) -> str:
    """What a rule of iptables does with what it matches, from its target."""
    found = _TARGET.search(text)
    if found is None:
        return "continue"
    target = found[1]
    if target in _ENDING:
        return target.lower()
    if target == "REJECT":
        return "drop"
    if target in {"DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"}:
        return "accept"
    return f"jump {target}" if not target.isupper() or target.startswith("DOCKER") else "continue"


def _by_handle(text: str) -> dict[tuple[str, str, str, int], str]:
    """{(family, table, chain, handle): rule} of `nft -a list ruleset`."""
    found = {}
    family = table = chain = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["table"]:
            family, table = words[1:3]
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif (handle := _HANDLE.search(line)) is not None:
            found[family, table, chain, int(handle[1])] = line[: handle.start()].strip()
    return found
