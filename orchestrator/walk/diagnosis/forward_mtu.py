"""Packets that came in, and do not fit through the interface or the route by which they were to leave."""

from __future__ import annotations

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import PacketPath
from netproof.walk.model import Death


def too_large_to_route(scene: Scene, way: PacketPath) -> Death | None:
    """It came in, the route leads out by an interface that is too narrow, and it did not go out."""
    segment, route = way.segments[-1], way.routes.get(len(way.segments) - 1)
    if segment.went or not segment.came or route is None or route.type != "unicast":
        return None
    link = scene.seen.links[segment.place].get(route.interface)
    size, place = segment.came[-1].packet.size, segment.place
    fits = min(mtu for mtu in (link.mtu if link is not None else 0, route.mtu, 1 << 16) if mtu)
    if size <= fits:
        return None
    whose = f"{route.interface}: mtu {link.mtu if link is not None else '?'}"
    whose += f", of the route {route.mtu}" if route.mtu else ""
    why = f"{size} bytes do not fit through {route.interface} of {place}, which takes {fits}"
    why += " (the answer's)." if way.direction == "back" else "."
    return Death(place=place, layer="mtu", why=why, proof=whose)
