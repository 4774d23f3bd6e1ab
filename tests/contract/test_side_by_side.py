"""Several instances, and several commands, at once."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from netproof.wait import until
from tests.contract.conftest import User, document, finish

pytestmark = pytest.mark.rest


def _addresses(user: User, tag: str) -> dict[str, list[str]]:
    with user.attached(tag) as lab:
        return {
            name: sorted(
                item["address"]
                for item in lab.agent("host").call("namespace", place=place)["addresses"]
                if item["scope"] == "global"
            )
            for name, place in (("client", "container:client"), ("outsider", "netns:outsider"))
        }


def test_three_instances_with_the_same_addresses_do_not_meet(netproof: User) -> None:
    """Three copies of a lab hold the same addresses at once, their claims are green at the same time, and `down` of
    one leaves the others."""
    tags = [f"{netproof.tag}-{name}" for name in "abc"]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda tag: netproof.must("up", tag=tag), tags))
        addresses = list(pool.map(lambda tag: _addresses(netproof, tag), tags))
        assert addresses == [{"client": ["10.0.0.2/8"], "outsider": ["203.0.113.1/24"]}] * 3
        proven = list(pool.map(lambda tag: document(netproof.must("test", "--json", tag=tag)), tags[:2]))
    assert [{claim["outcome"] for claim in results["claims"]} for results in proven] == [{"passed"}] * 2
    netproof.must("down", tag=tags[0])
    assert [len(netproof.hosts(tag)) for tag in tags] == [0, 1, 1]
    assert all(netproof.is_healthy(tag) for tag in tags[1:])


def _held_up(user: User) -> Any:
    """An `up` that was stopped (SIGSTOP) in the middle, with the lock in its hands."""
    process = user.strike(signal.SIGSTOP, ["step", 2], user.words("up", "--json"))
    assert until(lambda: _is_stopped(process.pid), 60), "up was not stopped"
    return process


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - a file of the kernel's
        return stat.read().rpartition(")")[2].split()[0] == "T"


def _wait_for(process: Any, text: str) -> str:
    """Read standard error until a line holds the text."""
    seen = ""
    while text not in seen:
        line = process.stderr.readline()
        assert line, f"{text!r} was never said: {seen}"
        seen += line
    return seen


def test_two_ups_of_one_instance_build_one_lab(netproof: User) -> None:
    """The second `up` waits, says for which process, and finds nothing left to do."""
    first = _held_up(netproof)
    second = netproof.start(["-m", "invoke", *netproof.words("up", "--json")])
    said = _wait_for(second, "waiting for process")
    assert f"process {first.pid} (lab up bridge-nat --as {netproof.tag}" in said
    os.kill(first.pid, signal.SIGCONT)
    ended = [finish(first), finish(second)]
    assert [item.returncode for item in ended] == [0, 0], [item.stderr for item in ended]
    assert sorted(change["part"] for change in document(ended[0])["changes"]) == ["client", "host", "outsider"]
    assert document(ended[1])["changes"] == []
    assert len(netproof.hosts()) == 1
    assert netproof.is_healthy()


def test_ctrl_c_while_waiting_leaves_the_other_alone(netproof: User) -> None:
    """An `up` that waits for another is interrupted at once, and the other completes."""
    first = _held_up(netproof)
    second = netproof.start(["-m", "invoke", *netproof.words("up")])
    _wait_for(second, "waiting for process")
    os.killpg(second.pid, signal.SIGINT)
    assert finish(second).returncode == 130
    third = netproof.start(["-m", "invoke", *netproof.words("down")])
    assert f"process {first.pid}" in _wait_for(third, "waiting for")
    os.kill(first.pid, signal.SIGCONT)
    assert finish(first).returncode == 0
    assert finish(third).returncode == 0
    assert netproof.remains() == []


def test_down_twice_is_fine(netproof: User) -> None:
    """The second of two `down`s says that there was nothing, and is no error."""
    netproof.must("up")
    assert document(netproof.must("down", "--json"))["removed"] == ["host"]
    assert document(netproof.must("down", "--json"))["removed"] == []
    assert "was not up" in netproof.must("down").stdout
