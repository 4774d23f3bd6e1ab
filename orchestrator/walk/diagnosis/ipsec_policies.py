"""Policies of IPsec (`ip xfrm policy`) that block what they match, or want a key that nobody agreed on."""

from __future__ import annotations

import ipaddress
import re

from netproof.walk.diagnosis.scene import Scene

_SELECTOR = re.compile(r"src (\S+) dst (\S+)")
_DIRECTION = re.compile(r"\bdir (\w+)")


def policies(scene: Scene, place: str, source: str, target: str) -> list[str]:
    """Those of a namespace whose selector covers a packet, each on one line, in the words of `ip xfrm policy`."""
    return [one for one in scene.space(place).xfrm if _covers(one, source, target)]


def _covers(policy: str, source: str, target: str) -> bool:
    selector, direction = _SELECTOR.match(policy), _DIRECTION.search(policy)
    if selector is None or direction is None or direction[1] not in {"out", "fwd", "in"}:
        return False
    ends = zip((source, target), selector.groups(), strict=True)
    return all(not address or _within(address, network) for address, network in ends)


def _within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except (TypeError, ValueError):
        return False
