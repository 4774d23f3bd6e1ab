"""What this machine can and cannot do: `examine` looks, `ready` judges. Nothing is changed.

Every look is guarded, so that a machine on which everything is broken gets an answer too.

    engine ─▶ machine ─▶ images ─▶ kernel (tried in a lab host that lives for a second)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from netproof.doctor import engine, kernel, lab_images, machine, virtual_machines
from netproof.doctor.engine import Engine
from netproof.doctor.finding import EVERY_LAB, Finding, guarded
from netproof.engine import location
from netproof.errors import EngineError
from netproof.images import DEFAULT_ENGINE, HostImage

__all__ = ["EVERY_LAB", "Finding", "as_json", "examine", "ready"]

Say = Callable[[str], None]


def examine(say: Say) -> list[Finding]:
    """Look at everything; at most about a minute where the engine does not answer, else a few seconds."""
    if _is_about_machines():
        return _machines(say)
    say("asking the engine")
    reached, found = _reach()
    say("looking at this machine")
    found += guarded(machine.AREA, "python", machine.python)
    found += guarded(machine.AREA, "processors", machine.processors)
    found += guarded(machine.AREA, "memory", machine.memory)
    found += guarded(machine.AREA, "disks", lambda: machine.disks(reached))
    found += guarded(machine.AREA, "pictures", machine.pictures)
    found += guarded(machine.AREA, "iptables", machine.firewall)
    if reached is None:
        return [
            *found,
            *(Finding(area, area, "unknown", "no engine answers") for area in (lab_images.AREA, kernel.AREA)),
        ]
    return [*found, *_images_and_kernel(reached, say)]


def _is_about_machines() -> bool:
    try:
        return location.current() == location.MACHINES
    except Exception:  # noqa: BLE001 - a setting that cannot be read is told where the engine is looked for
        return False


def _machines(say: Say) -> list[Finding]:
    say("asking the virtual machines")
    found = guarded(virtual_machines.AREA, "machines", virtual_machines.answering)
    found += guarded(machine.AREA, "pictures", machine.pictures)
    if not ready(found):
        return [*found, Finding(kernel.AREA, kernel.AREA, "unknown", "no machine can be asked")]
    say("trying the kernel's features")
    return found + guarded(kernel.AREA, "features", virtual_machines.features)


def _reach() -> tuple[Engine | None, list[Finding]]:
    try:
        reached = engine.reach()
    except EngineError as error:
        return None, [engine.unreachable(error)]
    except Exception as error:  # noqa: BLE001 - as in guarded()
        return None, [engine.unreachable(EngineError(f"The engine cannot be asked: {error}", "Check DOCKER_HOST."))]
    return reached, guarded(engine.AREA, "engine", lambda: engine.examine(reached))


def _images_and_kernel(reached: Engine, say: Say) -> list[Finding]:
    client = reached.client
    images: dict[str, HostImage | None] = {}

    def present() -> list[Finding]:
        images.update(lab_images.built(client))
        return list(lab_images.present(images))

    say("looking for lab host images")
    found = guarded(lab_images.AREA, "images", present)
    found += guarded(lab_images.AREA, "building", lambda: lab_images.buildable(images, lab_images.ways(client)))
    say("trying the kernel's features")
    return found + guarded(kernel.AREA, "features", lambda: kernel.examine(client, _preferred(images)))


def _preferred(images: dict[str, HostImage | None]) -> HostImage | None:
    """The image that labs use when nothing else is asked for, or the newest engine's."""
    built = [image for image in images.values() if image is not None]
    return images.get(DEFAULT_ENGINE) or (built[-1] if built else None)


def ready(findings: Sequence[Finding]) -> bool:
    """Whether bridge-nat can run here: an engine or a machine answers, and nothing that every lab needs is missing."""
    answers = any((item.area, item.name, item.status) == (engine.AREA, "address", "ok") for item in findings)
    answers = answers or any(item.area == virtual_machines.AREA and item.status == "ok" for item in findings)
    return answers and not any(item.in_the_way for item in findings)


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as plain data."""
    return [attrs.asdict(item) for item in findings]
