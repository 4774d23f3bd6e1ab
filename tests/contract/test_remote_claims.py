"""Another machine: every lab is green there, and one fault of each layer is red and repaired.

By ssh always; by a docker context, which is another name for the same way, with `invoke test --all`.
"""

from __future__ import annotations

import pytest

from netproof import catalog
from tests.contract import fault_per_layer
from tests.contract.conftest import User, document
from tests.contract.ssh_machine import BOX, CONTEXT, Machine

pytestmark = pytest.mark.rest

HOSTS = pytest.mark.parametrize("host", [BOX, pytest.param(CONTEXT, marks=pytest.mark.rest)])


@HOSTS
def test_every_claim_holds_there(traveller: User, host: str) -> None:
    """All labs, several at once, by one command."""
    traveller.limit = 1200.0
    words = ("--host", host, "--engines", "26.1", "--firewalls", "nft", "--jobs", "3", "--json")
    found = document(traveller("matrix", *words))
    failed = {
        f"{cell['lab']} {claim['id']}": claim["failure"]
        for cell in found["cells"]
        for claim in cell["claims"]
        if claim["outcome"] not in {"passed", "skipped"}
    }
    assert not failed, failed
    assert {cell["lab"] for cell in found["cells"] if not cell["error"]} == set(catalog.names())


def test_a_lab_has_nothing_of_the_machines_resolver(traveller: User) -> None:
    """Its options and search domains would change what a lab's engine answers."""
    traveller.must("up", "--host", BOX)
    assert traveller.typed("host", "cat /etc/resolv.conf").stdout.splitlines() == ["nameserver 192.0.2.53"]


def test_there_is_a_fault_of_each_layer() -> None:
    assert not fault_per_layer.uncovered()


@HOSTS
@pytest.mark.parametrize("lab", fault_per_layer.FAULTS)
def test_a_fault_of_each_layer_is_red_there_and_repaired(traveller: User, box: Machine, lab: str, host: str) -> None:
    fault_per_layer.practise(traveller, lab, host)
    assert box.holds(traveller.owner) == []
