"""`invoke images`."""

from __future__ import annotations

from typing import Any

import attrs

from netproof import images
from netproof.cli.common import known
from netproof.cli.screen import Screen
from netproof.engine import location, placement
from netproof.engine.client import connect
from netproof.errors import UsageError


def run(screen: Screen, engine: str, *, refresh: bool) -> None:
    """Build the image of one engine (the default one), or of all."""
    choice = known("engine", engine, [*images.ENGINES, "all"]) or images.DEFAULT_ENGINE
    if location.current() == location.MACHINES:
        remedy = "`invoke lab up bridge-nat --host vagrant` sends them what they need."
        raise UsageError("Virtual machines that are lab hosts need no images.", remedy)
    client = connect()
    placement.remember(location.current())
    rows: list[dict[str, Any]] = []
    for name in images.ENGINES if choice == "all" else [choice]:
        image = images.ensure(client, name, screen.say, refresh=refresh)
        packages = images.manifest(client, image)
        rows.append({**attrs.asdict(image), "note": image.note, "packages": packages})
        screen.line(f"engine {name}: {image.version}, image {image.id[7:19]}, {len(packages)} packages")
        if image.note:
            screen.line(f"  {image.note}")
    screen.document({"images": rows})
