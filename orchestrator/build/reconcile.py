"""What is there against what is wanted: why a part has to be made anew, or None when it is as it should be."""

from __future__ import annotations

from typing import Any

from netproof.hosts import Found, HostSpec

GONE = "is not in the definition any more"


def why_host(host: Found | None, spec: HostSpec) -> str | None:
    """Why a lab host has to be made."""
    if host is None:
        return "new"
    if not host.running:
        return f"it was {host.state}"
    if host.digest == spec.digest:
        return None
    for what, had, want in (
        ("engine", host.engine, spec.engine),
        ("firewall", host.firewall, spec.firewall),
        ("image", host.image[7:19], spec.image[7:19]),
    ):
        if had != want:
            return f"its {what} changed from {had} to {want}"
    return "its definition changed"


def why_container(existing: dict[str, str] | None, digest: str) -> str | None:
    """Why a container has to be made; `existing` holds its spec and state."""
    if existing is None:
        return "new"
    if existing["state"] != "running":
        return f"it was {existing['state']}"
    return None if existing["spec"] == digest else "its definition changed"


def why_network(spec: str | None, digest: str) -> str | None:
    """Why a network has to be made; `spec` is that of the one that is there."""
    if spec is None:
        return "new"
    return None if spec == digest else "its definition changed"


def why_part(record: dict[str, Any] | None, digest: str) -> str | None:
    """Why an outsider, switch or wire has to be made; `record` holds its spec and whether it is whole."""
    if record is None:
        return "new"
    if not record["whole"]:
        return "a part of it was gone"
    return None if record["spec"] == digest else "its definition changed"
