"""How an exchange ended: answered, delivered to somebody whose silence tells nothing, or dead somewhere."""

from __future__ import annotations

from attrs import evolve

from netproof.walk.diagnosis.kernel_drops import is_refused
from netproof.walk.diagnosis.listeners import Taken, unproxied
from netproof.walk.diagnosis.oversize import oversize
from netproof.walk.diagnosis.routing_mesh import without_ipvs
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.diagnosis.verdict import death
from netproof.walk.docker_proxy import Relay, its_walk, passed_on
from netproof.walk.existing_flows import met_an_older_flow
from netproof.walk.model import Death, Walk

_SILENCE = "{} got it. Whether the program answers, silence does not tell: nothing acknowledges a datagram."


def ended(scene: Scene, relay: Relay | None, how: str) -> Walk:
    """The walk with its end; `how` is the outcome of what a relay asked in turn."""
    found = scene.walk
    if found.outcome == "answered":
        return found
    inner = _inner(scene, relay, how)
    large = oversize(scene) or (oversize(inner) if inner is not None else None)
    if found.outcome == "broken off" and large is None and " of " not in found.answer:
        return evolve(found, outcome="answered")  # whoever does not say how long the answer is may keep it open
    silent = _silent(scene if inner is None else inner)
    why = large or (_relay_died(scene, relay, inner, how) if inner is not None and silent is None else None)
    why = without_ipvs(scene, why or met_an_older_flow(scene, unproxied(death(scene))))
    if silent is not None and silent.socket is not None and why.layer == "unknown":
        return evolve(found, outcome="delivered", note=_SILENCE.format(silent.socket.owner))
    if found.outcome == "broken off" and why.layer == "unknown":
        why = evolve(why, why=f"The answer began, and broke off after {found.answer}; nothing says why.")
    legs = [evolve(one, complete=False) if one is found.legs[-1] else one for one in found.legs]
    return evolve(found, death=why, legs=tuple(legs))


def _silent(scene: Scene) -> Taken | None:
    """Who took a datagram that nothing came back for."""
    if scene.walk.proto != "udp" or scene.walk.outcome != "timeout" or scene.way("back") or scene.way("error"):
        return None
    there = scene.way("there")
    if there is not None and is_refused(there.fate):
        return None
    taken = scene.listeners.of(there)
    return taken if taken is not None and taken.socket is not None else None


def _inner(scene: Scene, relay: Relay | None, how: str) -> Scene | None:
    """The scene of what a relay asked, when it is that which was not answered."""
    if relay is None or relay.owner.is_stopped or how == "answered":
        return None
    if not relay.ways and scene.walk.outcome == "timeout" and scene.walk.proto == "tcp":
        return None  # nobody was connected, so nothing was relayed
    return evolve(
        scene, exchange=relay.exchange, ways=list(relay.ways), walk=its_walk(scene.walk, relay, how), facts=None
    )


def _relay_died(scene: Scene, relay: Relay | None, inner: Scene, how: str) -> Death | None:
    found = death(inner)
    if relay is None or (not relay.ways and found.layer == "unknown"):
        return None
    return passed_on(relay, how, found, set(scene.seen.places))
