"""Frames that a bridge did not hand on, or handed to the wrong end: its ports, its table, what hangs in the air."""

from __future__ import annotations

from collections.abc import Iterator

from netproof.facts.model import Link
from netproof.walk.diagnosis.bridge_ports import kept
from netproof.walk.diagnosis.scene import Scene, is_large, is_loose
from netproof.walk.diagnosis.unanswered_arp import cut_off
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, LAST_SEEN, Death
from netproof.walk.observations import CapturedFrame
from netproof.walk.routes import after_prerouting
from netproof.walk.segments import NamespaceHop


def not_bridged(scene: Scene, _: PacketPath, __: int, segment: NamespaceHop) -> Death | None:
    """It came in by a port whose bridge did not pass it on, or by an interface that is no port of any."""
    if segment.went or not segment.came:
        return None
    last = segment.came[-1]
    place = scene.seen.places[last.place][0] if "/" in last.place else last.place  # a hidden one is its host's
    link = scene.seen.links[last.place].get(last.interface)
    if link is None or link.kind not in {"veth", "vxlan"}:
        return None
    if is_loose(scene, last.place, link.name):
        return Death(
            place=place,
            layer="link",
            why=f"Interface {link.name} of {last.place} is no port of a bridge, and has no address.",
            proof=f"{link.name}: no master",
        )
    if not link.master:
        return None
    bridge = scene.seen.links[last.place].get(link.master)
    if bridge is not None and "UP" not in bridge.flags:
        why = f"Interface {bridge.name} of {last.place} is down."
        return Death(place=place, layer="link", why=why, proof=f"{bridge.name}: {bridge.operstate}")
    return _by_its_table(scene, place, last, link)


def _by_its_table(scene: Scene, place: str, last: CapturedFrame, link: Link) -> Death:
    """A bridge that did not pass a frame on: its table leads to another port than the receiver's, or one too narrow."""
    frame = last.packet.inner or last.packet
    for loose in _loose_ends(scene, last.place, frame.dmac):
        why = f"Interface {loose} of {last.place}, which leads to {frame.dmac}, is no port of a bridge."
        return Death(place=place, layer="link", why=why, proof=f"{loose}: no master")
    entries = [one for one in scene.space(last.place).fdb if one.mac == frame.dmac and one.interface]
    entries = [one for one in entries if scene.seen.links[last.place].get(one.interface) is not None]
    proof = "; ".join(f"bridge fdb: {one.mac} dev {one.interface} {one.state}" for one in entries[:2])
    why = f"Bridge {link.master} of {last.place} did not pass on what came in by {link.name}."
    for entry in entries:
        port = scene.seen.links[last.place][entry.interface]
        if is_large(frame, port):
            why = f"{frame.size} bytes do not fit through {port.name} of {last.place}."
            return Death(place=place, layer="mtu", why=why, proof=f"{port.name}: mtu {port.mtu}")
        reason = kept(link, port, flooded=False)
        if reason:
            return Death(place=place, layer="link", why=f"{why[:-1]}: {reason}.", proof=proof)
        peer = scene.peer(last.place, port.name)
        if peer is not None and not {frame.dmac} & set(_behind(scene, peer[0])):
            why = f"Bridge {link.master} of {last.place} has {frame.dmac} behind {port.name}, where it is not."
            return Death(place=place, layer="link", why=why, proof=proof)
    quiet = _unflooded(scene, last.place, link.master, frame.dmac) if not entries else ""
    reason = kept(link, None, flooded=True) or quiet
    if reason:
        return Death(place=place, layer="link", why=f"{why[:-1]}: {reason}.", proof=f"bridge -d link show {link.name}")
    return Death(place=place, layer="link", why=why, proof=proof, basis=LAST_SEEN)


def _unflooded(scene: Scene, place: str, bridge: str, mac: str) -> str:
    """That a bridge does not know a MAC address, and does not flood to the port at whose other end it is."""
    for port in scene.seen.links[place].values():
        peer = scene.peer(place, port.name) if port.master == bridge and port.port.get("unicast_flood") == 0 else None
        if peer is not None and peer[1].mac == mac:
            return f"it does not know where {mac} is, and port {port.name}, which leads there, has flood off"
    return ""


def _loose_ends(scene: Scene, place: str, mac: str) -> Iterator[str]:
    """Interfaces of a namespace that lead straight to a MAC address and hang in the air."""
    for other, links in scene.seen.links.items():
        for link in links.values():
            peer = scene.peer(other, link.name) if link.mac == mac else None
            if peer is not None and peer[0] == place and is_loose(scene, place, peer[1].name):
                yield peer[1].name


def _behind(scene: Scene, place: str) -> Iterator[str]:
    """MAC addresses in a namespace, those of its bridge's table included."""
    yield from (one.mac for one in scene.seen.links[place].values())
    yield from (one.mac for one in scene.space(place).fdb)


def forgot_itself(scene: Scene, mac: str) -> Death | None:
    """A bridge whose table has lost its own MAC address floods what is for itself, and takes none of it."""
    for place, links in scene.seen.links.items():
        for link in links.values():
            if link.kind != "bridge" or link.mac != mac:
                continue
            if not any(one.mac == mac for one in scene.space(place).fdb):
                why = f"Bridge {link.name} of {place} does not know its own MAC address, and takes nothing for itself."
                proof = f"bridge fdb show br {link.name}: no {mac}"
                host = place.partition("/")[0]
                return Death(place=host, layer="link", why=why, proof=proof, basis=INFERRED)
    return None


def taken_by_the_bridge(scene: Scene, segment: NamespaceHop, mac: str) -> Death | None:
    """A bridge's table says that the MAC address of somebody on it is the bridge's own."""
    last = segment.came[-1]
    link = scene.seen.links[segment.place].get(last.interface)
    known = {one.mac for place, links in scene.seen.links.items() if place != segment.place for one in links.values()}
    if link is None or link.kind != "bridge" or mac not in known:
        return None
    own = [one for one in scene.space(segment.place).fdb if one.mac == mac and "PERMANENT" in one.state.upper()]
    if not own:
        return None
    why = f"Bridge {link.name} of {segment.place} takes {mac} for its own, which is somebody's on it."
    proof = f"bridge fdb: {mac} dev {own[0].interface} {own[0].state}"
    return Death(place=segment.place, layer="link", why=why, proof=proof)


def unplugged(scene: Scene, _: PacketPath, __: int, segment: NamespaceHop) -> Death | None:
    """The interface it was sent to is cut off: a bridge that has forgotten where it was sends to all, or to none."""
    last = (segment.went or segment.came)[-1:]
    if not last or (segment.came and not segment.went and last[0].how == "host"):
        return None
    frame = last[0].packet.inner or last[0].packet
    host = scene.seen.places[segment.place][0]
    for place, links in scene.seen.links.items():
        for link in links.values():
            if link.mac == frame.dmac and scene.seen.places[place][0] == host and place != segment.place:
                found = cut_off(scene, place, link.name)
                if found is not None:
                    return found
    return None


def not_turned_back(scene: Scene, _: PacketPath, __: int, segment: NamespaceHop) -> Death | None:
    """A bridge was to send it back by the port it came in by: a rule had given it the destination that is behind it."""
    last = segment.went[-1] if segment.went else None
    link = scene.seen.links[segment.place].get(last.interface) if last is not None else None
    if last is not None and (link is None or link.kind != "bridge"):
        return None
    target = segment.last.dst if last is not None else after_prerouting(scene.seen, segment).dst
    if last is None and target == segment.first.dst:
        return None
    for one in segment.came:
        port = scene.seen.links[segment.place].get(one.interface)
        behind = scene.peer(segment.place, one.interface)
        if port is None or behind is None or not port.master or port.port.get("mode"):
            continue
        if (link is None or port.master == link.name) and scene.has(behind[0], target):
            why = f"Bridge {port.master} of {segment.place} sends nothing back by the port it came in by, {port.name}, "
            why += f"behind which {target} is: hairpin of {port.name} is off."
            return Death(
                place=segment.place, layer="link", why=why, proof=f"bridge -d link show {port.name}: hairpin off"
            )
    return None
