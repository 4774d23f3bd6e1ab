"""netproof killed with SIGKILL, at every step: the next command copes."""

from __future__ import annotations

import os
import signal

import pytest

from netproof.lab import observe
from netproof.wait import until
from tests.contract.conftest import User, at_every, document

pytestmark = pytest.mark.rest


def _kill_up(user: User, number: int, tag: str) -> None:
    killed = user.struck(signal.SIGKILL, ["step", number], user.words("up", tag=tag))
    assert killed.returncode == -signal.SIGKILL, f"the step was never reached: {killed.stderr}"


def test_the_next_up_completes_what_a_killed_one_began(netproof: User, steps: list[str]) -> None:
    """Whatever the step at which `up` is killed, the next `up` ends with a whole lab and one lab host."""

    def case(number: int, name: str) -> str:
        tag = f"{netproof.tag}-{number}"
        _kill_up(netproof, number, tag)
        again = document(netproof.must("up", "--json", tag=tag))
        if again["changes"] and name not in again["note"]:
            return f"the next up does not say where the last one stopped: {again['note']!r}"
        if len(netproof.hosts(tag)) != 1:
            return f"there are {len(netproof.hosts(tag))} lab hosts"
        return "" if netproof.is_healthy(tag) else netproof.lab("diff", tag=tag).stdout

    assert at_every(steps, case) == []


def test_clean_removes_what_killed_ups_left(netproof: User, steps: list[str]) -> None:
    """Whatever the steps at which `up` was killed, `clean` leaves no container, volume, network or file of them."""

    def case(number: int, _: str) -> str:
        _kill_up(netproof, number, f"{netproof.tag}-{number}")
        return ""

    assert at_every(steps, case) == []
    assert netproof.remains(), "killing left nothing to clean"
    cleaned = netproof("clean", "--keep-images")
    assert cleaned.returncode == 0, cleaned.stderr
    assert netproof.remains() == []


@pytest.mark.parametrize("request_", ["POST /containers/create", "POST /start"])
def test_up_recovers_from_a_kill_with_a_request_in_flight(netproof: User, request_: str) -> None:
    """An engine request whose answer nobody heard leaves nothing that the next `up` does not find by label."""
    killed = netproof.struck(signal.SIGKILL, ["request", request_], netproof.words("up"))
    assert killed.returncode == -signal.SIGKILL, "the request was never sent"
    netproof.must("up")
    assert len(netproof.hosts()) == 1
    assert netproof.is_healthy()


def test_a_killed_down_can_be_followed_by_down(netproof: User) -> None:
    """`down` killed during the removal leaves a lab that the next `down` removes."""
    netproof.must("up")
    killed = netproof.struck(signal.SIGKILL, ["request", "DELETE /containers/"], netproof.words("down"))
    assert killed.returncode == -signal.SIGKILL, "the request was never sent"
    netproof.must("down")
    assert netproof.remains() == []


def test_a_killed_down_can_be_followed_by_up(netproof: User) -> None:
    """`down` killed during the removal leaves a lab that the next `up` builds."""
    netproof.must("up")
    killed = netproof.struck(signal.SIGKILL, ["request", "DELETE /containers/"], netproof.words("down"))
    assert killed.returncode == -signal.SIGKILL, "the request was never sent"
    netproof.must("up")
    assert len(netproof.hosts()) == 1
    assert netproof.is_healthy()


@pytest.mark.parametrize(
    ("step", "why"),
    [(0, "removing lab host host: nothing could be asked in it"), (1, "lab host host went away meanwhile")],
    ids=["before it was looked at", "after that"],
)
@pytest.mark.parametrize("deed", ["kill", "remove"])
def test_a_lab_host_that_goes_under_up_is_built_again(netproof: User, deed: str, step: int, why: str) -> None:
    """As one does that an engine is still removing for a `down` that was killed."""
    netproof.must("up")
    ended = netproof.struck(f"{deed}:{netproof.name}", ["step", step], netproof.words("up"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert why in ended.stderr
    assert len(netproof.hosts()) == 1
    assert netproof.is_healthy()


def test_a_lab_changed_by_a_killed_test_shows_in_diff_and_is_mended_by_down_and_up(netproof: User) -> None:
    """A claim killed with forwarding off leaves a lab whose diff names ip_forward, whose lock is free; a new one is
    as it should be."""
    netproof.must("up")
    with netproof.attached() as lab:
        process = netproof.start(["-m", "invoke", *netproof.words("test")])
        off = until(
            lambda: process.poll() is not None or observe.sysctl(lab, "host", "net.ipv4.ip_forward") == "0",
            60,
        )
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert off, "no claim turned forwarding off"
    assert process.returncode == -signal.SIGKILL, "the claims were over before one could be killed"
    changed = document(netproof.must("diff", "--json"))["differences"]
    assert ("host", "net.ipv4.ip_forward") in {(item["place"], item["key"]) for item in changed}
    again = netproof.must("up")  # works, though it does not undo what a claim did
    assert "waiting" not in again.stderr.replace("waiting for the engine", "")
    netproof.must("down")
    netproof.must("up")
    assert netproof.is_healthy()
