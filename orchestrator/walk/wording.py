"""Walks in words, the same in the terminal, in pictures and in the handbook."""

from __future__ import annotations

from collections.abc import Iterable

_LEGS = {
    "name": "The name",
    "there": "There",
    "back": "Back",
    "reset": "The reset",
    "error": "An error about it",
    "relay": "docker-proxy calls on",
    "relay-back": "Back to docker-proxy",
    "relay-error": "An error about what docker-proxy asked",
}


_KNOWN = {"seen": "It died at", "inferred": "It seems to have died at", "last seen": "Last seen at"}
_FROM = {"seen": "Seen", "inferred": "Inferred from", "last seen": "So far"}


def verdict(basis: str, place: str, why: str) -> str:
    """Where it died, and how sure that is: "It died at host: …", "It seems to have died at host: …"."""
    return f"{_KNOWN[basis]} {place}: {why}" if basis in _KNOWN else f"{place}: {why}"


def grounds(basis: str, proof: str, evidence: Iterable[str], against: Iterable[str]) -> list[str]:
    """What a verdict rests on, a line each; what does not go with it comes last."""
    found = [f"{_FROM.get(basis, basis)}: {proof}"] if proof else []
    return [*found, *(f"Also: {one}" for one in evidence), *(f"Against it: {one}" for one in against)]


def title(direction: str, packet: str) -> str:
    """What a leg is headed with."""
    return f"{_LEGS.get(direction, direction)}: {packet}"
