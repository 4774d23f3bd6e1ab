"""Whatever becomes of a lab and its files while it is broken on purpose: clear words, no traceback, a way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.contract.conftest import Ended, User
from tests.contract.test_practice import attempts, broken, must_be_unbroken

pytestmark = pytest.mark.rest

COMMANDS = [
    ["status"],
    ["check"],
    ["hint"],
    ["guess", "forwarding-off"],
    ["diff"],
    ["repair"],
    ["reveal"],
    ["tree"],
    ["break"],
]


def plain(ended: Ended) -> None:
    """The command ended as commands do, and spoke as they do."""
    said = f"exited {ended.returncode}: {ended.stdout}{ended.stderr}"
    assert ended.returncode in {0, 1, 2, 3}, said
    assert "Traceback" not in ended.stdout + ended.stderr, said
    assert "Exception" not in ended.stderr, said
    assert ended.returncode < 2 or len(ended.stderr.splitlines()) >= 2, f"no remedy: {said}"


def asked(user: User) -> None:
    """Every command about an attempt."""
    for words in COMMANDS:
        plain(user.lab(*words))


@pytest.fixture
def learner(shared: User) -> User:
    """A user with a lab, which the test makes whole again."""
    return shared


DEEDS = {
    "container removed": ("default-route-lost", "docker rm -f client"),
    "container stopped": ("default-route-lost", "docker stop -t 0 client"),
    "container renamed": ("client-renumbered", "docker rename client other"),
    "engine killed": ("guessed-name-exists", "pkill -9 dockerd; pkill -9 containerd"),
    "commands gone": ("egress-dropped", "mv /usr/sbin/iptables /usr/sbin/iptables.away"),
}


@pytest.mark.parametrize(("fault", "deed"), DEEDS.values(), ids=DEEDS)
def test_a_lab_that_is_broken_further_can_be_asked_and_comes_back(learner: User, fault: str, deed: str) -> None:
    """By whoever practises on it."""
    broken(learner, fault)
    learner.lab("exec", "host", "--", deed)
    asked(learner)
    learner.lab("exec", "host", "--", "mv /usr/sbin/iptables.away /usr/sbin/iptables")
    learner.must("reset")
    assert learner.is_healthy()
    must_be_unbroken(learner)


def test_a_lab_whose_host_is_gone_is_built_again(netproof: User) -> None:
    """Its attempt is void with it, and nothing of it stays behind."""
    netproof.must("up")
    broken(netproof)
    netproof.client.api.remove_container(netproof.hosts()[0]["Id"], v=True, force=True)
    asked(netproof)
    netproof.must("up")
    assert "built anew" in netproof.must("check").stdout
    must_be_unbroken(netproof)


DAMAGED = ["", "5", "[]", '"x"', "{", "{}", '{"lab": "bridge-nat"}', '{"sealed": 5}', '{"faults": [{}]}', "\x00\xff"]


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_files_of_an_attempt_are_none(learner: User, text: str) -> None:
    """The lab is looked at as it is, and reset brings it back: what the fault did differs from the state after `up`."""
    broken(learner)
    folder = learner.files / "instances" / learner.instance.slug
    for name in ("attempt.json", "last_attempt.json"):
        (folder / name).write_text(text, encoding="latin-1")
    asked(learner)
    learner.must("reset")
    assert learner.is_healthy()


def test_a_fault_that_the_lab_no_longer_has_asks_for_a_reset(learner: User) -> None:
    """As after an update of netproof."""
    broken(learner)
    path = learner.files / "instances" / learner.instance.slug / "attempt.json"
    path.write_text(path.read_text().replace("masquerade-deleted", "no-such-fault"))
    ended = learner.lab("hint")
    assert ended.returncode == 2
    assert "is not among the lab's faults any more" in ended.stderr
    assert "invoke lab reset" in ended.stderr
    asked(learner)
    learner.must("reset")
    assert learner.is_healthy()


def test_a_damaged_history_is_read_around(learner: User) -> None:
    """Lines that say nothing are left out, and what is whole still counts."""
    broken(learner)
    learner.must("repair")
    path = Path(learner.mine["NETPROOF_DATA_DIR"]) / "attempts.jsonl"
    known = len(attempts(learner))
    whole = json.loads(path.read_text().splitlines()[-1])
    odd = [{**whole, "faults": []}, {**whole, "ended": "9999-12-31T23:59:59+0000"}, {**whole, "lab": "no-such-lab"}]
    lines = ["", "{", "5", "null", "[]", *map(json.dumps, odd)]
    path.write_text(path.read_text() + "\n".join(lines) + "\n")
    ended = learner("progress", "--json")
    plain(ended)
    assert len(json.loads(ended.stdout)["attempts"]) == known + 2
    plain(learner("progress"))
    path.write_bytes(b"\x00\xff\n")
    plain(learner("progress"))
    path.unlink()


def test_a_history_that_cannot_be_written_is_named(learner: User) -> None:
    """The attempt goes on until it can be recorded: it is not lost."""
    broken(learner)
    path = Path(learner.mine["NETPROOF_DATA_DIR"]) / "attempts.jsonl"
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)
    learner.typed("host", "iptables -t nat -I POSTROUTING 1 -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE")
    ended = learner.lab("check")
    assert ended.returncode == 2
    plain(ended)
    assert "cannot be recorded" in ended.stderr
    assert "NETPROOF_DATA_DIR" in ended.stderr
    plain(learner("progress"))
    path.rmdir()
    assert learner.lab("check").returncode == 0
    assert attempts(learner)[-1]["outcome"] == "solved"
    learner.must("reset")
