"""Ctrl-C and SIGTERM: exit code 130, what this run made is gone again, what was there before stays."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from netproof.build.parts.containers import remove_container
from netproof.lab import observe
from netproof.wait import until
from tests.contract.conftest import Ended, User, at_every, document, finish

pytestmark = pytest.mark.rest

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def _is_clean_end(ended: Ended) -> str:
    if ended.returncode != 130:
        return f"exit code {ended.returncode}: {ended.stderr}"
    return ended.stderr if "Traceback" in ended.stderr else ""


def _interrupted(user: User, number: signal.Signals, moments: list[object], words: list[str]) -> None:
    found = _is_clean_end(user.struck(number, moments, words))
    assert not found, found


def test_an_interrupted_up_leaves_nothing_it_made(netproof: User, steps: list[str]) -> None:
    """Whatever the step at which `up` is interrupted, it exits 130 and nothing it made remains, or all when all was
    done; by SIGTERM as by Ctrl-C."""

    def case(step: int, name: str) -> str:
        tag = f"{netproof.tag}-{step}"
        number = SIGNALS[step % 2]
        ended = netproof.struck(number, ["step", step], netproof.words("up", tag=tag))
        if found := _is_clean_end(ended):
            return found
        if name == "done":
            return "" if netproof.is_healthy(tag) else "complete, but not whole"
        return f"left: {netproof.hosts(tag)}" if netproof.hosts(tag) else ""

    assert at_every(steps, case) == []
    kept = [item for item in netproof.remains() if item.startswith(("container", "volume")) and "files" not in item]
    assert len(kept) == 2, f"besides the complete lab there is {kept}"


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_an_interrupted_command_prints_one_json_document(netproof: User, number: signal.Signals) -> None:
    """An interrupted `up --json` exits 130 with one document on stdout and no traceback."""
    ended = netproof.struck(number, ["step", 0], netproof.words("up", "--json"))
    assert not _is_clean_end(ended)
    assert document(ended)["error"]["problem"] == "interrupted"


@pytest.mark.parametrize("request_", ["POST /containers/create", "POST /start"])
def test_a_request_in_flight_is_undone_too(netproof: User, request_: str) -> None:
    """Ctrl-C between an engine request and its answer leaves nothing."""
    _interrupted(netproof, signal.SIGINT, ["request", request_], netproof.words("up"))
    assert netproof.hosts() == []


def test_a_second_ctrl_c_does_not_stop_the_undoing(netproof: User, steps: list[str]) -> None:
    """An impatient second Ctrl-C while the lab host is being removed still leaves nothing."""
    moments = ["step", steps.index("engine"), "request", "DELETE /containers/"]
    _interrupted(netproof, signal.SIGINT, moments, netproof.words("up"))
    assert netproof.hosts() == []


def _parts(user: User) -> tuple[Any, Any]:
    """What tells a lab host and its outsider from new ones."""
    with user.attached() as lab:
        return lab.hosts["host"].id, lab.agent("host").call("spawned")


def test_an_interrupted_up_leaves_a_running_lab_alone(netproof: User) -> None:
    """Ctrl-C or SIGTERM in an `up` that has nothing to do, or only the client to make, touches nothing else."""
    netproof.must("up")
    before = _parts(netproof)
    for step in (0, 1):
        _interrupted(netproof, signal.SIGINT, ["step", step], netproof.words("up"))
    assert netproof.is_healthy()
    with netproof.attached() as lab:
        remove_container(lab.engine("host"), "client")
    for number in (signal.SIGINT, signal.SIGTERM):
        _interrupted(netproof, number, ["step", 2], netproof.words("up"))
        with netproof.attached() as lab:
            assert [item["Names"] for item in lab.engine("host").api.containers(all=True)] == []
    assert _parts(netproof) == before
    healed = document(netproof.must("up", "--json"))
    assert [change["part"] for change in healed["changes"]] == ["client"]
    assert _parts(netproof) == before
    assert netproof.is_healthy()


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda number: number.name)
def test_an_interrupted_test_undoes_its_changes(netproof: User, number: signal.Signals) -> None:
    """Claims interrupted while forwarding is off turn it on again: the lab is as it was after `up`."""
    netproof.must("up")
    with netproof.attached() as lab:
        process = netproof.start(["-m", "invoke", *netproof.words("test", "--json")])
        assert until(lambda: observe.sysctl(lab, "host", "net.ipv4.ip_forward") == "0", 60)
        os.killpg(process.pid, number)
        ended = finish(process)
    assert not _is_clean_end(ended)
    assert document(ended)["error"]["problem"] == "interrupted"
    assert netproof.is_healthy()


def test_an_interrupted_exec_ends_its_command(netproof: User) -> None:
    """Ctrl-C in `lab exec` also ends the command inside, even one that prints nothing."""
    netproof.must("up")
    with netproof.attached() as lab:

        def sleeping() -> bool:
            return lab.run("host", ["pgrep", "-f", "^sleep 4242$"]).rc == 0

        process = netproof.start(["-m", "invoke", *netproof.words("exec", "client", "--", "sleep", "4242")])
        assert until(sleeping, 20), "the command did not start"
        os.killpg(process.pid, signal.SIGINT)
        assert not _is_clean_end(finish(process))
        assert until(lambda: not sleeping(), 5), "the command runs on in the lab"
