"""A verdict with what speaks for it and against it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from netproof.state.instance import Instance
from netproof.walk.diagnosis.drop_reasons import meaning
from netproof.walk.diagnosis.kernel_drops import KernelDrop
from netproof.walk.diagnosis.scene import Scene
from netproof.walk.diagnosis.weighing import _compared
from netproof.walk.legs import PacketPath
from netproof.walk.model import INFERRED, LAST_SEEN, SEEN, Death
from netproof.walk.wording import grounds, verdict

ROUTE = Death(place="host", layer="route", why="host has no route to 192.0.2.9.", proof="route lookup: ENETUNREACH")


def test_the_kernels_reason_makes_a_verdict_one_that_was_seen() -> None:
    """The reason is of the verdict's own layer: it was seen, and the reason stands beside it."""
    found = _compared(ROUTE, [KernelDrop("host", "IP_INNOROUTES", 0)])
    assert found.basis == SEEN
    assert found.evidence == ("the kernel dropped it in host, reason IP_INNOROUTES",)
    assert not found.against


def test_the_cause_of_a_reason_stays_inferred() -> None:
    """That nobody told a MAC address was seen; that it is an interface that is down was concluded."""
    down = evolve(ROUTE, layer="link", why="Interface eth0 of outsider is down.")
    found = _compared(down, [KernelDrop("host", "NEIGH_FAILED", 0)])
    assert found.basis == INFERRED
    assert found.evidence


def test_a_reason_of_another_kind_speaks_against_it() -> None:
    """It is told, and changes nothing of what the verdict is based on."""
    found = _compared(ROUTE, [KernelDrop("host", "XFRM_POLICY", 0)])
    assert found.basis == INFERRED
    assert found.against == ("the kernel dropped it in host, reason XFRM_POLICY: an IPsec policy blocks it",)


def test_a_reason_that_says_nothing_changes_nothing() -> None:
    """NOT_SPECIFIED is neither for nor against."""
    assert _compared(ROUTE, [KernelDrop("host", "NOT_SPECIFIED", 0)]) == ROUTE


def test_the_fate_of_an_error_is_not_that_of_what_it_is_about() -> None:
    """A namespace that answers itself has both; what became of the error says nothing of the packet."""
    about: Any = None
    ways = [
        PacketPath(direction, about, [], fate=KernelDrop("client", reason, 0))
        for direction, reason in (("error", "NETFILTER_DROP"), ("there", "NEIGH_FAILED"))
    ]
    scene = Scene(about, about, about, ways, about, about, about)
    found = scene.fate_at("client")
    assert found is not None
    assert found.reason == "NEIGH_FAILED"


@pytest.mark.parametrize(
    ("reason", "layer"),
    [
        ("NO_SOCKET", "process"),
        ("NETFILTER_DROP", "filter"),
        ("NEIGH_FAILED", "neighbour"),
        ("TCP_OVERWINDOW", "process"),
    ],
)
def test_reasons_have_a_layer(reason: str, layer: str) -> None:
    """Also those of TCP that have no words of their own."""
    found = meaning(reason)
    assert found is not None
    assert found.layer == layer


def test_words_tell_seen_from_inferred() -> None:
    """Terminal, picture and handbook say how a verdict is known; one without a basis is told plainly."""
    assert verdict(SEEN, "host", "It was dropped.") == "It died at host: It was dropped."
    assert verdict(INFERRED, "host", "It was dropped.") == "It seems to have died at host: It was dropped."
    assert verdict(LAST_SEEN, "host", "It was dropped.") == "Last seen at host: It was dropped."
    assert verdict("", "host", "It was dropped.") == "host: It was dropped."
    assert grounds(INFERRED, "a", ["b"], ["c"]) == ["Inferred from: a", "Also: b", "Against it: c"]
    assert grounds(SEEN, "", [], []) == []


def test_a_snapshot_of_another_make_is_not_looked_at(state_dir: object) -> None:
    """A lab that stayed up while netproof was renewed: a walk knows nothing of how it was after `up`."""
    del state_dir
    instance = Instance("bridge-nat")
    instance.write("baseline.json", {"host": {"format": -1, "namespaces": {}}})
    about: Any = None
    running: Any = SimpleNamespace(instance=instance)
    assert Scene(running, about, about, [], about, about, about).baseline == {}
