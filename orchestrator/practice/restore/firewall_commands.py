"""What puts a namespace's firewall back: the input of iptables-restore, and commands for tables of nftables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Space = dict[str, Any]
_TABLE = 3  # `table inet mine`


def restored(had: dict[str, Any], has: dict[str, Any]) -> str:
    """What iptables-restore is fed so that the tables that differ are as they were; counters start anew."""
    lines = []
    for name in sorted(had.keys() | has.keys()):
        before, now = (tables.get(name, {"chains": {}, "rules": []}) for tables in (had, has))
        if _shape(before) != _shape(now):
            chains = before["chains"] or {
                chain: {"policy": "ACCEPT"} for chain, about in now["chains"].items() if about["policy"]
            }
            lines.append(f"*{name}")
            lines += [f":{chain} {about['policy'] or '-'} [0:0]" for chain, about in chains.items()]
            lines += [f"-A {rule['chain']} {rule['rule']}" for rule in before["rules"]]
            lines.append("COMMIT")
    return "\n".join(lines) + "\n" if lines else ""


def _shape(table: dict[str, Any]) -> tuple[Any, ...]:
    chains = {chain: about["policy"] for chain, about in table["chains"].items()}
    return chains, [(rule["chain"], rule["rule"]) for rule in table["rules"]]


def tables(before: Space, now: Space) -> Iterator[str]:
    """Tables of nftables that were not there."""
    found = {" ".join(part.split()[:_TABLE]) for part in now["netfilter"]["nft"]}
    for table in sorted(found - _tables(before) - {"(nft)"}):
        yield f"nft delete {table}"


def _tables(space: Space) -> set[str]:
    """Tables of nftables there are, those of iptables among them."""
    found = {" ".join(part.split()[:_TABLE]) for part in space["netfilter"]["nft"]}
    for flavour, saved in space["netfilter"]["iptables"].items():
        family = "ip6" if flavour.startswith("ip6") else "ip"
        found |= {f"table {family} {name}" for name in saved}
    return found


def emptied(before: Space, now: Space) -> Iterator[str]:
    """Tables that iptables makes for a rule and leaves when it goes. To be run when rules have been put back."""
    for flavour, saved in now["netfilter"]["iptables"].items():
        if flavour.endswith("-nft"):
            family = "ip6" if flavour.startswith("ip6") else "ip"
            for name in saved.keys() - before["netfilter"]["iptables"].get(flavour, {}).keys():
                yield f"nft delete table {family} {name}"
