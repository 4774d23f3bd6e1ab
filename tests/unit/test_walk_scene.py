"""After a walk that died, namespaces are those of the one snapshot that is taken while routes are looked up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from netproof.errors import AgentError
from netproof.walk.diagnosis.scene import Scene
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT


class Agent:
    """Tells of a namespace, and notes that it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, _: str, place: str) -> Any:
        """A namespace by itself."""
        self.asked.append(place)
        return snapshots.namespace()


def scene(taken: Any) -> tuple[Scene, Agent]:
    """A scene of a container, and of a namespace that came after the snapshot."""
    agent = Agent()
    running: Any = SimpleNamespace(agent=lambda _: agent)
    seen: Any = SimpleNamespace(places={"client": ("host", CLIENT), "late": ("host", "netns:late")})
    about: Any = None
    return Scene(running, seen, about, [], about, about, about, taken), agent


def test_namespaces_are_those_of_the_snapshot() -> None:
    """One is asked by itself where that has it not."""
    found, agent = scene(snapshots.lab)
    assert [link.name for link in found.space("client").links] == [
        link["name"] for link in snapshots.lab()["host"]["namespaces"][CLIENT]["links"]
    ]
    assert agent.asked == []
    assert found.space("late").links == []
    assert agent.asked == ["netns:late"]


def test_without_a_snapshot_each_is_asked_by_itself() -> None:
    """Also where something went while it was taken."""

    def gone() -> Any:
        raise AgentError("gone", "")

    for taken in (None, gone):
        found, agent = scene(taken)
        assert found.space("client").links == []
        assert agent.asked == [CLIENT]
