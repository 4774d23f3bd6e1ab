"""The snapshot taken after `up`, as an instance keeps it."""

from __future__ import annotations

import hashlib
from typing import Any

from netproof.state.instance import Instance

FILE = "baseline.json"
FORMAT = 4
"""What agents write into snapshots of this make; one of another make is not compared with."""


def keep(instance: Instance, snapshots: dict[str, Any]) -> None:
    """Keep what the lab is to be compared with: {lab host: snapshot} as agents sent it."""
    instance.write(FILE, snapshots)


def drop(instance: Instance) -> None:
    """The lab is being changed by us: what was kept is void."""
    instance.drop(FILE)


def kept(instance: Instance) -> dict[str, Any] | None:
    """{lab host: snapshot} as agents sent it; None when it is lost, or of another version of netproof."""
    raw = instance.read(FILE)
    if not isinstance(raw, dict) or any(
        not isinstance(each, dict) or each.get("format") != FORMAT for each in raw.values()
    ):
        return None
    return raw


def mark(instance: Instance) -> str:
    """What changes when the lab is built anew; "" while there is no baseline."""
    try:
        return hashlib.sha256((instance.folder / FILE).read_bytes()).hexdigest()[:16]
    except OSError:
        return ""
