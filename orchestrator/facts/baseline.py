"""The snapshot taken after `up`, as an instance keeps it."""

from __future__ import annotations

from typing import Any

from orchestrator.state.instance import Instance

FORMAT = 3
"""What agents write into snapshots of this make; one of another make is not compared with."""


def kept(instance: Instance) -> dict[str, Any] | None:
    """{lab host: snapshot} as agents sent it; None when it is lost, or of another version of netproof."""
    raw = instance.read("baseline.json")
    if not isinstance(raw, dict) or any(
        not isinstance(each, dict) or each.get("format") != FORMAT for each in raw.values()
    ):
        return None
    return raw
