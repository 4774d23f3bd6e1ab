"""Published ports of a swarm's services: the routing mesh behind them needs IPVS, which not every kernel has."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from netproof.walk.diagnosis.scene import Scene
from netproof.walk.model import INFERRED, Death


def without_ipvs(scene: Scene, death: Death) -> Death:
    """The death with what is behind it, when a service's published port was asked and the kernel has no IPVS."""
    manager = scene.running.lab.manager
    if manager is None or not scene.walk.port:
        return death
    service = _service(scene, manager.name)
    why = scene.running.lacks_routing_mesh if service else ""
    if not why:
        return death
    proof = f"{why}; {death.proof}" if death.proof else why
    said = (
        f"Port {scene.walk.port} is published by the service {service}, and the routing mesh behind it needs IPVS, "
        f"which this kernel does not have."
    )
    return evolve(death, layer="overlay", why=said, proof=f"{proof}; without it: {death.why}", basis=INFERRED)


def _service(scene: Scene, manager: str) -> str:
    """The service that publishes the port that was asked, through the mesh."""
    if not scene.running.agent(manager).call("engine.state")["answers"]:
        return ""
    api: Any = scene.running.engine(manager).api
    for one in api.services():
        for port in one.get("Endpoint", {}).get("Ports", ()):
            found = port.get("PublishedPort"), port.get("Protocol"), port.get("PublishMode")
            if found == (scene.walk.port, scene.walk.proto, "ingress"):
                return str(one["Spec"]["Name"])
    return ""
