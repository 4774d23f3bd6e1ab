"""Numbers that netlink has for things, in the words of the tools that show them; and what somebody wrote."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_ROOT, _HOOKS = 0xFFFFFFFF, 0xFFFFFFF1
_LOOKUP = 1
_ACTIONS = {2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_EVERY_BIT = 0xFFFFFFFF
_NEVER_ASK = {"LOOPBACK", "NOARP"}


def parent(number: int) -> str:
    """Where a queueing discipline is attached, as `tc` says it: `root`, `clsact` or `1:a`."""
    named = {_ROOT: "root", _HOOKS: "clsact"}
    return named.get(number) or f"{number >> 16:x}:{number & 0xFFFF:x}"


def match(found: dict[str, Any]) -> str:
    """What a rule of routes matches, as `ip rule` says it."""
    rest = {name: value for name, value in found.items() if name != "fwmask"}
    if "fwmark" in rest:
        mask = found.get("fwmask", _EVERY_BIT)
        rest["fwmark"] = f"{rest['fwmark']:#x}" + ("" if mask == _EVERY_BIT else f"/{mask:#x}")
    return " ".join(f"{name} {value}" for name, value in sorted(rest.items()))


def outcome(action: Any, table: str) -> str:
    """What a rule of routes does with what it matches."""
    return _ACTIONS.get(action, f"lookup {table}" if action == _LOOKUP else f"{table} {action}")


def is_written(state: str, mac: str, flags: Collection[str]) -> bool:
    """Whether somebody wrote a neighbour entry, or the engine; `flags` are its interface's.

    The kernel itself makes entries that are never asked for: of groups, and on interfaces that ask nobody.
    """
    is_group = not mac or bool(int(mac[:2], 16) & 1)
    return state == "PERMANENT" or (state == "NOARP" and not is_group and not _NEVER_ASK & set(flags))
