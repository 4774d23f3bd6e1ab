"""Practice as a learner meets it: break, look, guess, repair, and what is told about it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netproof import catalog
from netproof.wait import until
from tests.contract.conftest import Ended, User, changes, document, finish

pytestmark = pytest.mark.rest

MASQUERADE = "POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"
PUT_BACK = f"iptables -t nat -I {MASQUERADE.replace('POSTROUTING', 'POSTROUTING 1')}"


@pytest.fixture
def learner(shared: User) -> Iterator[User]:
    """A user with a whole lab, which is whole again afterwards."""
    yield shared
    shared.must("reset")


def broken(user: User, fault: str = "masquerade-deleted", *more: str) -> dict[str, Any]:
    """Break the user's lab by this fault."""
    return document(user.must("break", "--fault", fault, "--json", *more))


def checked(user: User) -> tuple[int, dict[str, Any]]:
    """Exit code and document of `check`."""
    ended = user.lab("check", "--json")
    return ended.returncode, document(ended)


def must_be_solved(user: User) -> None:
    """`check` says so; else what it says is the failure."""
    code, found = checked(user)
    assert (code, found["verdict"]) == (0, "solved"), json.dumps(found, indent=1)


def attempts(user: User) -> list[dict[str, Any]]:
    """What the user's history holds."""
    path = Path(user.mine["NETPROOF_DATA_DIR"]) / "attempts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def must_be_unbroken(user: User) -> None:
    """Nothing is broken on purpose: `check` says so, and looks at the lab all the same."""
    ended = user.lab("check")
    assert "Nothing is broken on purpose" in ended.stdout, ended.stdout + ended.stderr
    assert ended.returncode == (" red. " in ended.stdout)


def refused(ended: Ended) -> str:
    """What a command that exits 2 says."""
    assert ended.returncode == 2, f"exited {ended.returncode}: {ended.stdout}{ended.stderr}"
    return ended.stderr


def test_a_fault_is_found_named_and_repaired(learner: User) -> None:
    """The ticket tells no cause; check tells what is red and how; a repair by hand is graded clean and recorded."""
    ticket = broken(learner)
    assert "faults" not in ticket
    assert "MASQUERADE" not in json.dumps(ticket)
    code, found = checked(learner)
    red = {check["id"]: check["outcome"] for check in found["checks"] if check["outcome"] != "green"}
    assert (code, found["verdict"]) == (1, "not repaired")
    assert red == {"outside": "timeout", "large": "no reply", "translated": "own source"}
    assert found["changed"] == [], "what the fault did is not the learner's doing"
    assert document(learner.must("diff", "--json"))["differences"] == [], "`diff` gives the fault away"
    assert document(learner.must("diff", "--show", "--json"))["differences"]
    guess = document(learner.must("guess", "masquerade-deleted", "--at", "host", "--json"))
    assert guess["named"]
    assert guess["localised"]
    learner.typed("host", PUT_BACK)
    must_be_solved(learner)
    scores = attempts(learner)[-1]
    named = ("outcome", "detected", "localised", "named", "repaired", "collateral", "hints")
    assert [scores[name] for name in named] == ["solved", 100, 100, 100, 100, 0, 0]
    must_be_unbroken(learner)


def test_hints_come_in_steps_and_cost(learner: User) -> None:
    """Symptom, layer, command, solution; then no more. Their price is in the record."""
    broken(learner)
    found = [document(learner.must("hint", "--json")) for _ in range(5)]
    assert [hint["kind"] for hint in found] == ["symptom", "layer", "command", "solution", ""]
    assert "outsider" in found[0]["text"]
    assert "nat" in found[1]["text"]
    assert "iptables -t nat -S" in found[2]["text"]
    assert "MASQUERADE" in found[3]["text"]
    learner.typed("host", PUT_BACK)
    assert "Everything is green" in learner.must("hint").stdout
    must_be_solved(learner)
    assert attempts(learner)[-1]["hints"] == 100


def test_guesses_are_scored_and_misspellings_are_not(learner: User) -> None:
    """Each wrong guess costs; a name nobody knows is told with the nearest; after the repair nothing counts."""
    broken(learner)
    assert not document(learner.must("guess", "forwarding-off", "--at", "client", "--json"))["named"]
    assert "Did you mean 'masquerade-deleted'?" in refused(learner.lab("guess", "masquerade-delete"))
    assert "Did you mean 'host'?" in refused(learner.lab("guess", "masquerade-deleted", "--at", "hots"))
    assert "guess" in refused(learner("lab", "guess", learner.about))
    assert document(learner.must("guess", "masquerade-deleted", "--at", "host", "--json"))["counts"]
    learner.typed("host", PUT_BACK)
    assert not document(learner.must("guess", "forwarding-off", "--json"))["counts"]
    must_be_solved(learner)
    assert (attempts(learner)[-1]["named"], attempts(learner)[-1]["localised"]) == (66, 66)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (f"{PUT_BACK}; iptables -P FORWARD ACCEPT", "FORWARD"),
        (f"{PUT_BACK}; iptables -F DOCKER-USER", "DOCKER-USER"),
        (f"{PUT_BACK}; iptables -I FORWARD -j ACCEPT", "FORWARD"),
        (f"{PUT_BACK}; sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=2", "rp_filter"),
        (f"{PUT_BACK}; docker restart -t 0 client", "client was restarted"),
        ("systemctl restart docker && docker start client", "engine of host was restarted"),
    ],
)
def test_a_repair_with_collateral_is_told_as_such(learner: User, command: str, named: str) -> None:
    """Green by more than was needed is seen, and what was changed is named."""
    broken(learner)
    learner.lab("exec", "host", "--", command)
    code, found = until(lambda: repaired(learner), 30) or checked(learner)
    assert (code, found["verdict"]) == (0, "collateral")
    assert any(named in line for line in found["changed"]), found["changed"]
    assert attempts(learner)[-1]["repaired"] == 60


def repaired(user: User) -> tuple[int, dict[str, Any]] | None:
    """What `check` says once it is solved: an engine or container that was restarted takes a moment."""
    code, found = checked(user)
    return (code, found) if code == 0 else None


@pytest.mark.parametrize(
    "command",
    [
        "iptables -F; iptables -t nat -F",
        "iptables -P FORWARD ACCEPT; iptables -F",
        "docker restart -t 0 client",
        "docker rm -f client",
    ],
)
def test_blunt_tools_do_not_repair(learner: User, command: str) -> None:
    """Flushed tables, an open firewall, a container restarted or gone: not repaired, and named."""
    broken(learner)
    learner.typed("host", command)
    code, found = checked(learner)
    assert (code, found["verdict"]) == (1, "not repaired")
    assert found["changed"]


def test_break_wants_a_whole_lab(learner: User) -> None:
    """A lab that differs from the state after `up`, or is broken already, is not broken any further."""
    learner.typed("client", "ip route del default")
    assert "is not whole" in refused(learner.lab("break", "--fault", "masquerade-deleted"))
    must_be_unbroken(learner)
    learner.must("reset")
    broken(learner)
    assert "is broken already" in refused(learner.lab("break"))
    assert checked(learner)[0] == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--fault", "masquerade"), "Did you mean 'masquerade-deleted'?"),
        (("--layer", "nta"), "Did you mean 'nat'?"),
        (("--level", "4"), "Levels are 1"),
        (("--level", "one"), "is not a number"),
        (("--layer", "overlay"), "It has (layer, level)"),
        (("--compound", "3"), "Incidents are of 1 fault or of 2"),
        (("--compound", "2", "--layer", "nat"), "Leave out"),
        (("--fault", "bip-corrected"), "No check notices it"),
    ],
)
def test_what_cannot_be_broken_is_told(learner: User, words: tuple[str, ...], told: str) -> None:
    """Wrong words change nothing."""
    assert told in refused(learner.lab("break", *words))
    must_be_unbroken(learner)


def test_the_same_seed_breaks_the_same(learner: User) -> None:
    """A seed fixes what is chosen; without one it is told which was used."""
    first = document(learner.must("break", "--seed", "5", "--show", "--json"))
    learner.must("reset")
    second = document(learner.must("break", "--seed", "5", "--show", "--json"))
    assert (first["faults"], first["ticket"]) == (second["faults"], second["ticket"])
    assert attempts(learner)[-1]["outcome"] == "abandoned"


def test_a_decoy_is_answered_not_repaired(learner: User) -> None:
    """Everything is green; the honest answer is that it works as designed."""
    broken(learner, "private-address-unreachable")
    code, found = checked(learner)
    assert (code, found["verdict"]) == (1, "undecided")
    learner.must("guess", "works-as-designed", "--at", "outsider")
    must_be_solved(learner)
    assert attempts(learner)[-1]["named"] == 100


def test_an_incident_of_two(learner: User) -> None:
    """Both have to be repaired; naming one of them is half."""
    names = document(learner.must("break", "--compound", "2", "--show", "--json"))["faults"]
    first, second = (catalog.practice(learner.about).fault(name) for name in names)
    learner.must("guess", first.id, "--at", first.at)
    for step in first.mending:
        learner.typed(step.at, step.run)
    assert checked(learner)[0] == 1
    for step in second.mending:
        learner.typed(step.at, step.run)
    must_be_solved(learner)
    assert attempts(learner)[-1]["named"] == 50


def test_reveal_ends_the_attempt_and_repair_mends(learner: User) -> None:
    """The cause, how it was injected, what it is not, and the repair; the attempt counts as revealed, once."""
    broken(learner)
    before = len(attempts(learner))
    told = learner.must("reveal").stdout
    for word in ("masquerade-deleted", "injected in host", "repair   in host", "not snat-to-nobody"):
        assert word in told
    learner.must("reveal")
    learner.must("repair")
    assert [item["outcome"] for item in attempts(learner)[before:]] == ["revealed"]
    assert document(learner.must("diff", "--json"))["differences"] == []


def test_repair_after_a_repair_by_hand_does_nothing(learner: User) -> None:
    """What is not in effect any more is not repaired a second time; check grades the learner's repair."""
    broken(learner)
    learner.typed("host", PUT_BACK)
    assert document(learner.must("repair", "--json"))["repaired"] == []
    must_be_solved(learner)


CHAOS = [
    ("rules", "iptables -F; iptables -t nat -F; iptables -X; iptables -P INPUT ACCEPT; nft add table ip mine"),
    ("links", "ip link set docker0 down; ip link set eth0 mtu 1300; ip route add 192.0.2.0/24 via 203.0.113.1"),
    ("addresses", "ip addr flush dev docker0; ip addr add 10.9.9.9/32 dev eth0; ip neigh flush dev docker0"),
    ("sysctls", "sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.forwarding=0"),
    ("container", "docker rm -f client; docker network create mess"),
    ("engine", "pkill -9 dockerd; pkill -9 containerd"),
]


@pytest.mark.parametrize("command", [command for _, command in CHAOS], ids=[name for name, _ in CHAOS])
def test_reset_brings_back_the_state_after_up(learner: User, command: str) -> None:
    """Whatever was done to a broken lab, reset makes it whole, and it can be broken again."""
    broken(learner)
    learner.lab("exec", "host", "--", command)
    learner.must("reset")
    assert learner.is_healthy()
    must_be_unbroken(learner)
    broken(learner)


def test_reset_of_a_whole_lab_changes_nothing(learner: User) -> None:
    """It says so, and `up` agrees."""
    assert document(learner.must("reset", "--json"))["how"] == "unchanged"
    assert changes(learner) == {}


def test_watch_ends_when_it_is_repaired(learner: User) -> None:
    """It tells what turns green, holds nobody up meanwhile, and ends as check does."""
    broken(learner)
    watching = learner.start(["-m", "invoke", *learner.words("watch")])
    try:
        learner.must("hint")
        learner.typed("host", PUT_BACK)
    finally:
        ended = finish(watching)
    assert ended.returncode == 0, ended.stderr
    assert "Repaired, and nothing else was changed." in ended.stdout
    assert "outside: timeout" in ended.stderr


def test_ctrl_c_leaves_a_watch_and_shows_how_it_is(learner: User) -> None:
    """It is the way out, and no failure; the last look stays on the screen."""
    broken(learner)
    with learner.start(["-m", "invoke", *learner.words("watch")]) as watching:
        assert watching.stderr is not None
        assert any("outside" in line for line in watching.stderr)
        watching.send_signal(signal.SIGINT)
        ended = finish(watching)
    assert ended.returncode == 0
    assert re.search(r"outside +timeout", ended.stdout)
    assert "checks red when you left" in ended.stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("moment", ["injecting", "running"])
def test_a_break_that_is_cut_short_leaves_a_lab_that_can_be_reset(
    learner: User, number: signal.Signals, moment: str
) -> None:
    """Killed in the middle it says so afterwards, and no clock has started; interrupted it takes the fault back."""
    breaking = learner.start(["-m", "invoke", *learner.words("break", "--fault", "bridge-renumbered")])
    path = learner.files / "instances" / learner.instance.slug / "attempt.json"
    until(lambda: path.exists() and moment in path.read_text(), 30)
    breaking.send_signal(number)
    finish(breaking)
    ended = learner.lab("check")
    if moment == "injecting":  # it takes three seconds to see this fault's effect: the signal came before
        assert ("interrupted" if number == signal.SIGKILL else "Nothing is broken") in ended.stdout
    elif number == signal.SIGKILL:
        assert ended.returncode == 1, ended.stderr
    if number == signal.SIGKILL:
        refused(learner.lab("break"))
    learner.must("reset")
    assert learner.is_healthy()


def test_down_and_clean_remove_a_broken_lab(netproof: User) -> None:
    """Also when the engine is part of the mess; the attempt is recorded as given up."""
    netproof.must("up")
    broken(netproof)
    netproof.must("down")
    assert netproof.hosts() == []
    assert attempts(netproof)[-1]["outcome"] == "abandoned"
    netproof.must("up")
    broken(netproof)
    netproof.typed("host", "pkill -9 dockerd; ip link set eth0 down")
    assert netproof("clean", "--keep-images").returncode == 0
    assert netproof.hosts() == []
    assert len(attempts(netproof)) == 2


def test_an_attempt_is_void_when_the_lab_is_built_anew(netproof: User) -> None:
    """`up` on another engine takes the fault with it; check says that the attempt is over."""
    netproof.must("up")
    broken(netproof)
    netproof.client.api.remove_container(netproof.hosts()[0]["Id"], v=True, force=True)
    netproof.must("up")
    assert "built anew" in netproof.must("check").stdout
    must_be_unbroken(netproof)
    broken(netproof)


def test_tree_faults_and_progress_need_no_lab(netproof: User) -> None:
    """What is known without a running lab is told without one."""
    tree = document(netproof.must("tree", "--json"))["tree"]
    assert "masquerade-deleted" in tree["faults"]
    assert tree["results"]
    catalogue = netproof("faults", "--json")
    assert "masquerade" not in catalogue.stdout
    assert len(document(catalogue)["faults"]) >= 8
    assert "MASQUERADE" in netproof("faults", "--spoil", "--lab", "bridge-nat").stdout
    assert "Did you mean 'bridge-nat'?" in refused(netproof("faults", "--lab", "bridge-nt"))
    assert document(netproof("progress", "--json")) == {"attempts": [], "outcomes": {}, "repeat": []}
