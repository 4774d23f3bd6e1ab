"""A ping that arrived where the kernel is told not to answer any."""

from __future__ import annotations

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.legs import arrived
from netproof.walk.model import Death

_SYSCTLS = {False: "net.ipv4.icmp_echo_ignore_all", True: "net.ipv6.icmp.echo_ignore_all"}


def ignores_pings(scene: Scene) -> Death | None:
    """The sysctl that keeps the receiver from answering."""
    there = scene.way("there")
    if scene.walk.proto != "icmp" or there is None or not arrived(there) or scene.way("back") is not None:
        return None
    place, key = there.segments[-1].place, _SYSCTLS[":" in there.segments[-1].last.dst]
    if scene.space(place).sysctls.get(key) != "1":
        return None
    why = f"{place} got the ping, and is set to answer none."
    return Death(place=place, layer="route", why=why, proof=f"{key} = 1; no answer left")
