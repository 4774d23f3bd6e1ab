"""Every claim of every lab has its verdict with the old iptables, too, and proving it leaves the lab as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import docker
import pytest

from netproof import catalog, images
from netproof.facts.folding import HAPPENED
from netproof.images import DEFAULT_ENGINE
from tests.contract.conftest import ROOT, User, document

pytestmark = pytest.mark.rest

# test_faults.py proves them on every engine with nftables. `invoke matrix` has the columns left out here.
COLUMNS = [(DEFAULT_ENGINE, "legacy")]
CELLS = [(lab, *column) for lab in catalog.names() for column in COLUMNS]


@pytest.mark.parametrize(("lab", "engine", "firewall"), CELLS, ids=["-".join(cell) for cell in CELLS])
def test_claims_hold_and_leave_nothing_behind(
    client: docker.DockerClient, new_user: Callable[..., User], lab: str, engine: str, firewall: str
) -> None:
    """The verdicts are those declared for this engine; what fails is told with its evidence; `lab diff` is empty."""
    images.ensure(client, engine, print)  # not as the user, whose images would be called leftovers
    user = new_user(ROOT, lab)
    try:
        user.must("up", "--engine", engine, "--firewall", firewall)
        tested = document(user.lab("test", "--json"))
        left = _left(document(user.must("diff", "--json"))["differences"])
        user.must("down")
    finally:
        user.leave()
    failed = [claim for claim in tested["claims"] if claim["outcome"] == "failed"]
    assert not failed, "\n".join(f"{claim['id']}: {claim['failure']}\n{claim['evidence']}" for claim in failed)
    assert tested["engine"].startswith(engine)
    assert tested["firewall"] == firewall
    assert left == []


def _left(differences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the claims left behind.

    Where they start the engine again, it and its containers are new processes, and the engine has written its rules
    again: all of them, in an order of its own.
    """
    restarted = any(item["aspect"] == HAPPENED and item["after"].startswith("The engine of") for item in differences)
    return [item for item in differences if not (restarted and _is_from_a_restart(item))]


def _is_from_a_restart(item: dict[str, Any]) -> bool:
    reordered = item["aspect"] == "rules" and sorted(item["before"]) == sorted(item["after"])
    return reordered or (item["aspect"] == HAPPENED and item["after"].endswith(("restarted.", "it was made anew.")))
