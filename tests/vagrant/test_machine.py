"""Labs in a real virtual machine, from the box to the end: `invoke test --vagrant`.

Minutes with hardware virtualisation; where the processor is emulated, the better part of an hour. It needs root,
Vagrant with libvirt, and what `vagrant/box/build` needs. The kernel there has what a plain machine may lack.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from orchestrator.outer import connect
from tests.contract.conftest import User, document

pytestmark = pytest.mark.vagrant
LABS = ("bridge-nat", "publish", "overlay", "macvlan-modes", "swarm-ingress")
MASQUERADE = "iptables -t nat -I POSTROUTING 1 -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody with a virtual machine of their own."""
    found = User(connect(), tmp_path_factory.mktemp("vagrant"))
    found.limit = 3600.0
    try:
        for action in ("box", "up"):
            began = time.monotonic()
            ended = found("vagrant", action)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            print(f"vagrant {action}: {time.monotonic() - began:.0f} s")  # noqa: T201 - what was measured, with -s
        yield found
    finally:
        ended = found("vagrant", "down")
        assert ended.returncode == 0, ended.stdout + ended.stderr
        found.leave()


def test_its_kernel_has_everything(user: User) -> None:
    """cgroup v2, and every feature that some claim needs."""
    found = document(user("doctor", "--host", "vagrant", "--json"))
    assert found["ready"]
    about = {item["name"]: item for item in found["findings"]}
    assert about["cgroups"]["what"].startswith("version 2")


@pytest.mark.parametrize("name", LABS)
def test_claims_hold_in_a_virtual_machine(user: User, name: str) -> None:
    """All of them, those included that a plain kernel cannot try."""
    user.about = name
    user.must("up", "--host", "vagrant")
    found = document(user.must("test", "--json"))
    outcomes = {claim["id"]: claim["outcome"] for claim in found["claims"]}
    user.must("down")
    assert set(outcomes.values()) == {"passed"}, outcomes


def test_a_fault_is_repaired_in_a_virtual_machine(user: User) -> None:
    user.about = "bridge-nat"
    user.must("up", "--host", "vagrant")
    user.must("break", "--fault", "masquerade-deleted")
    assert user.lab("check").returncode == 1
    user.typed("host", MASQUERADE)
    assert document(user.lab("check", "--json"))["verdict"] == "solved"
    user.must("down")
