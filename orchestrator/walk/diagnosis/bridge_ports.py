"""Why a bridge does not hand a frame from one of its ports to another: what is set on the two."""

from __future__ import annotations

from netproof.facts.model import Link

_FORWARDING = 3
_STATES = {0: "disabled", 1: "listening", 2: "learning", 4: "blocking"}


def kept(came: Link | None, goes: Link | None, *, flooded: bool) -> str:
    """What keeps a frame that came in by one port from another one, in words; "" when nothing of it does.

    `flooded`: it is for all, or for a MAC address that the bridge does not know.
    """
    alone = next((found for port in (came, goes) if (found := _barred(port, comes=port is came))), "")
    if alone:
        return alone
    if came is None or goes is None:
        return ""
    if came.port.get("isolated") and goes.port.get("isolated"):
        return f"ports {came.name} and {goes.name} are isolated from each other"
    if came.name == goes.name and not goes.port.get("mode"):
        return f"hairpin of {goes.name} is off"
    if flooded and goes.port.get("bcast_flood") == 0:
        return f"port {goes.name} has bcast_flood off"
    return ""


def _barred(port: Link | None, *, comes: bool) -> str:
    """What keeps a port from taking, or from giving, any frame of a sender that it does not know."""
    state = port.port.get("state", _FORWARDING) if port is not None else _FORWARDING
    if port is not None and state in _STATES:
        return f"port {port.name} is {_STATES[state]}"
    if port is not None and comes and port.port.get("locked"):
        return f"port {port.name} is locked: it takes nothing from senders that are not in the bridge's table"
    return ""
