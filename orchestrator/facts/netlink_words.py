"""Numbers that netlink has for things, in the words of the tools that show them; and what somebody wrote."""

from __future__ import annotations

from collections.abc import Collection

_ROOT, _HOOKS = 0xFFFFFFFF, 0xFFFFFFF1
_NEVER_ASK = {"LOOPBACK", "NOARP"}


def parent(number: int) -> str:
    """Where a queueing discipline is attached, as `tc` says it: `root`, `clsact` or `1:a`."""
    named = {_ROOT: "root", _HOOKS: "clsact"}
    return named.get(number) or f"{number >> 16:x}:{number & 0xFFFF:x}"


def is_written(state: str, mac: str, flags: Collection[str]) -> bool:
    """Whether somebody wrote a neighbour entry, or the engine; `flags` are its interface's.

    The kernel itself makes entries that are never asked for: of groups, and on interfaces that ask nobody.
    """
    is_group = not mac or bool(int(mac[:2], 16) & 1)
    return state == "PERMANENT" or (state == "NOARP" and not is_group and not _NEVER_ASK & set(flags))
