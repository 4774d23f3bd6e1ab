"""Walks in words, the same in the terminal, in pictures and in the handbook."""

from __future__ import annotations

_LEGS = {
    "name": "The name",
    "there": "There",
    "back": "Back",
    "error": "An error about it",
    "relay": "docker-proxy calls on",
    "relay-back": "Back to docker-proxy",
    "relay-error": "An error about what docker-proxy asked",
}


def title(direction: str, packet: str) -> str:
    """What a leg is headed with."""
    return f"{_LEGS.get(direction, direction)}: {packet}"
