"""Addresses that a namespace has, and may not use."""

from __future__ import annotations

import ipaddress

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import SEEN, Death

_UNUSABLE = ("dadfailed", "tentative")


def unfit_address(scene: Scene, error: PacketPath, sent: str) -> Death | None:
    """Somebody else's router refused a packet whose source is its link's alone: its maker had no better one to use."""
    about = error.packet.quoted
    if about is None or not ipaddress.ip_address(about.src).is_link_local:
        return None
    maker = next((place for place in scene.seen.places if scene.has(place, about.src)), "")
    if not maker:
        return None
    spoiled = [
        f"{one.address} dev {one.interface} {flag}"
        for one in scene.space(maker).addresses
        for flag in _UNUSABLE
        if flag in one.flags
    ]
    why = f"{maker} sent it from {about.src}, which is no source beyond its own link"
    why += f"; another address failed duplicate address detection: {spoiled[0]}." if spoiled else "."
    return Death(place=maker, layer="namespace", why=why, proof=sent, basis=SEEN)
