"""Rules in two forms: iptables shows its tables until somebody writes into one with nft, and then nft alone does."""

from __future__ import annotations

from netproof.facts.flat_snapshot import PRINTED, Flat

_FAMILIES = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}
_TABLES = {"filter", "nat", "mangle", "raw", "security"}  # iptables has no others
FORM = "form"
Table = tuple[str, str, str]  # place, family, name


def same_form(before: Flat, after: Flat) -> tuple[Flat, Flat]:
    """Both with the tables that iptables does not show in one of them as nft prints them."""
    had, has = _foreign(before), _foreign(after)
    return _in_form(before, had | has) | _marked(had), _in_form(after, had | has) | _marked(has)


def _marked(foreign: set[Table]) -> Flat:
    """That itself is a difference: neither iptables nor the engine can change such a table."""
    return {(place, FORM, f"{family} {name}"): "nft" for place, family, name in foreign}


def _foreign(flat: Flat) -> set[Table]:
    """Tables of iptables of which nft has to tell all: it tells of the table itself then."""
    found = set()
    for place, aspect, key in flat:
        words = key.split()
        if aspect == "rules" and words[:2] == ["nftables", "table"] and words[2] in _FAMILIES and words[3] in _TABLES:
            found.add((place, words[2], words[3]))
    return {table for table in found if not _is_shown(flat, *table)}


def _is_shown(flat: Flat, place: str, family: str, name: str) -> bool:
    """Whether iptables shows any chain of a table."""
    start = f"{_FAMILIES[family]} {name} "
    return any(where == place and aspect == "rules" and key.startswith(start) for where, aspect, key in flat)


def _in_form(flat: Flat, foreign: set[Table]) -> Flat:
    plain = {key: value for key, value in flat.items() if key[1] != PRINTED}
    for place, family, name in foreign:
        theirs = f"{_FAMILIES[family]} {name}"
        for key in [key for key in plain if key[0] == place and f"{key[2]} ".startswith(f"{theirs} ")]:
            del plain[key]
        start = f"nftables table {family} {name} "
        for (where, aspect, part), value in flat.items():
            if where == place and aspect == PRINTED and f"{part} ".startswith(start):
                plain[place, "rules", part] = value
    return plain
