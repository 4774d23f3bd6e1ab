"""What counts as a repair, what as a way around one, and what a learner is told of it, on real labs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netproof import catalog
from netproof.practice.hints import PRICES
from tests.contract.conftest import User, document
from tests.contract.test_practice import attempts, broken, checked, must_be_solved, refused

pytestmark = pytest.mark.rest

Deeds = list[tuple[str, str]]
RED_BY_HAND: Deeds = [("client", "ip route del default")]


@pytest.fixture(scope="module")
def labs(new_user: Callable[..., User]) -> Iterator[Callable[[str], User]]:
    """Users with a running lab each, by the lab; built when first asked for."""
    users: dict[str, User] = {}

    def of(about: str) -> User:
        if about not in users:
            users[about] = new_user(about=about)
            users[about].must("up")
        return users[about]

    yield of
    for user in users.values():
        user.leave()


@pytest.fixture
def learner(labs: Callable[[str], User]) -> Iterator[User]:
    """A user with a whole bridge-nat, which is whole again afterwards."""
    user = labs("bridge-nat")
    yield user
    user.must("reset")


def red(found: dict[str, Any]) -> dict[str, str]:
    """{check: manner} of a document of `check`."""
    return {check["id"]: check["outcome"] for check in found["checks"] if check["outcome"] != "green"}


def done(user: User, deeds: Deeds) -> None:
    """What somebody types, place by place."""
    for place, command in deeds:
        user.typed(place, command)


CONF = "/proc/sys/net/ipv4/conf"
AROUND: list[tuple[str, str, Deeds]] = [
    ("dns", "resolver-changed[ledger]", [("ledger", "echo 10.20.2.4 stock >>/etc/hosts")]),
    ("dns", "wrong-in-hosts", [("till", 'own=$(cat /etc/hosts); (echo 10.20.1.4 basket; echo "$own") >/etc/hosts')]),
    ("bridge-nat", "masquerade-deleted", [("host", "iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE")]),
    ("bridge-nat", "default-route-lost", [("client", "ip route add 203.0.113.0/24 via 10.0.0.1")]),
    ("bridge-nat", "forwarding-off", [("host", f"cd {CONF}; echo 1 | tee eth0/forwarding docker0/forwarding")]),
    ("bridge-nat", "egress-dropped", [("host", "iptables -I FORWARD -i eth0 -m state --state ESTABLISHED -j ACCEPT")]),
    ("bridge-nat", "not-tracked", [("host", "iptables -t raw -I PREROUTING -i docker0 -j ACCEPT")]),
    ("publish", "no-way-back", [("web", "ip route add 203.0.113.0/24 via 10.0.0.1")]),
    ("publish", "translated-elsewhere", [("host", "iptables -t nat -I PREROUTING -p tcp --dport 8080 -j DOCKER")]),
]


@pytest.mark.parametrize(("about", "fault", "deeds"), AROUND, ids=[fault for _, fault, _ in AROUND])
def test_a_way_around_is_no_repair(labs: Callable[[str], User], about: str, fault: str, deeds: Deeds) -> None:
    """Every check is green, and what was broken is as the fault made it: not solved, not recorded, and not told which.

    The learner may go on: who then repairs it is graded, and what worked around it is collateral where it is seen.
    """
    user = labs(about)
    try:
        broken(user, fault)
        before = len(attempts(user))
        done(user, deeds)
        code, found = checked(user)
        assert (code, found["verdict"], red(found)) == (1, "worked around", {}), json.dumps(found, indent=1)
        assert found["left"] == [], "where it is must be found"
        assert "still as the fault made it" in user.lab("check").stdout
        assert "works around it" in user.must("hint").stdout
        assert len(attempts(user)) == before
        done(user, [(step.at, step.run) for step in catalog.practice(about).fault(fault).mending])
        assert checked(user)[1]["verdict"] in {"solved", "collateral"}
    finally:
        user.must("reset")


OTHERWISE: list[tuple[str, str, Deeds, str]] = [
    ("bridge-nat", "masquerade-deleted", [("host", "systemctl restart docker; docker start client")], "collateral"),
    (
        "bridge-nat",
        "masquerade-deleted",
        [("host", "iptables -t nat -A POSTROUTING ! -o docker0 -s 10.0.0.0/8 -j MASQUERADE")],
        "solved",
    ),
    (  # an equal rule, though neither iptables nor the engine can change the table after that
        "bridge-nat",
        "masquerade-deleted",
        [("host", "nft add rule ip nat POSTROUTING ip saddr 10.0.0.0/8 oifname != docker0 counter masquerade")],
        "collateral",
    ),
    ("bridge-nat", "bridge-renumbered", [("host", "ip addr add 10.0.0.1/8 dev docker0")], "collateral"),
    ("bridge-nat", "guessed-name-exists", [("host", "docker stop -t 0 sleep-container")], "collateral"),
    (
        "bridge-nat",
        "guessed-name-exists",
        [("host", "docker rm -f sleep-container")],
        "solved",
    ),
    ("bridge-nat", "forwarding-off", [("host", "echo 1 >/proc/sys/net/ipv4/ip_forward")], "solved"),
    ("dns", "resolver-changed[till]", [("till", "echo nameserver 127.0.0.11 >/etc/resolv.conf")], ""),
    ("host", "other-nc", [("host", "docker tag netproof/node:1 netproof/node; docker rmi netproof/node:1")], ""),
    ("host", "port-left-open", [("host", "pkill -9 -f '[L]ISTEN:9090'")], "solved"),
]


@pytest.mark.parametrize(("about", "fault", "deeds", "verdict"), OTHERWISE)
def test_a_repair_by_another_way_is_one(
    labs: Callable[[str], User], about: str, fault: str, deeds: Deeds, verdict: str
) -> None:
    """An equal rule, an engine that writes its rules anew, an image by its other name: what was broken is whole."""
    user = labs(about)
    try:
        broken(user, fault)
        done(user, deeds)
        code, found = checked(user)
        assert code == 0, json.dumps(found, indent=1)
        assert found["verdict"] in ({verdict} if verdict else {"solved", "collateral"})
    finally:
        user.must("reset")


def test_check_looks_at_a_lab_that_nobody_broke_on_purpose(learner: User) -> None:
    """Green: 0. Broken by hand: 1, what is red and how, and how to go back. Nothing is recorded. `watch` works, too."""
    code, found = checked(learner)
    assert (code, found["verdict"], red(found), found["record"]) == (0, "green", {}, None)
    done(learner, RED_BY_HAND)
    before = len(attempts(learner))
    code, found = checked(learner)
    assert (code, found["verdict"]) == (1, "red")
    assert red(found) == {"outside": "unreachable", "large": "unreachable", "translated": "not seen"}
    ended = learner.lab("check")
    assert ended.returncode == 1
    assert "3 of 8 checks are red. Nothing is broken on purpose" in ended.stdout
    assert "invoke lab reset" in ended.stdout
    learner.typed("client", "ip route add default via 10.0.0.1")
    assert "Every check is green." in learner.must("watch").stdout
    assert len(attempts(learner)) == before


def test_who_cannot_ask_is_told_to_be_unable_to(labs: Callable[[str], User]) -> None:
    """Stopped, or without ping: neither what must be closed nor what must answer is judged by it."""
    user = labs("isolation")
    user.typed("host", "docker stop -t 0 ledger >/dev/null; docker rm -f mute >/dev/null")
    code, found = checked(user)
    assert code == 1
    assert red(found) == dict.fromkeys(("back-front", "back-out", "quiet", "quiet-out"), "cannot ask")
    told = user.lab("check").stdout
    assert "cannot ask: In lab host host: container 'ledger' is not running (state: exited)." in told
    assert "cannot ask: In lab host host: there is no container 'mute'." in told
    user.must("reset")
    assert checked(user)[0] == 0


def test_who_has_no_ping_cannot_ping(learner: User) -> None:
    """The outsider's is the lab host's: what must be closed to it is not closed by that."""
    learner.typed("host", "mv /usr/bin/ping /usr/bin/ping.off")
    assert red(checked(learner)[1]) == {"inward": "cannot ask"}
    learner.typed("host", "mv /usr/bin/ping.off /usr/bin/ping")


def test_hints_of_an_incident_of_two_are_about_what_is_felt(learner: User) -> None:
    """Four of the one, then four of the other; when one is repaired, of the other only."""
    names = document(learner.must("break", "--compound", "2", "--show", "--json"))["faults"]
    kinds = [document(learner.must("hint", "--json"))["kind"] for _ in range(4)]
    assert kinds == list(PRICES)
    fifth = document(learner.must("hint", "--json"))
    assert (fifth["kind"], fifth["after"], fifth["spent"]) == ("symptom", "layer", 105)
    first, second = (catalog.practice("bridge-nat").fault(name) for name in names)
    done(learner, [(step.at, step.run) for step in second.mending])
    assert "There are no more hints" in learner.must("hint").stdout, "the other one's are spent"
    done(learner, [(step.at, step.run) for step in first.mending])
    must_be_solved(learner)
    assert attempts(learner)[-1]["hints"] == 105


def test_a_decoy_ends_as_one(learner: User) -> None:
    """Nothing is called repaired; why it must be so is told. Who has it repaired is told the same: it is revealed."""
    broken(learner, "private-address-unreachable")
    learner.must("guess", "works-as-designed")
    told = learner.must("check").stdout
    assert "Right: nothing was broken, it works as designed. Nothing was changed." in told
    assert "Repaired" not in told
    assert "repaired" not in told
    why = catalog.practice("bridge-nat").decoy("private-address-unreachable").why
    assert f"It was private-address-unreachable: {why}" in told
    broken(learner, "private-address-unreachable")
    learner.must("guess", "works-as-designed")
    learner.typed("client", "ip route add 192.0.2.0/24 via 10.0.0.1")
    assert "But something was changed." in learner.must("check").stdout
    learner.must("reset")
    broken(learner, "private-address-unreachable")
    assert f"there is nothing to repair. It was private-address-unreachable: {why}" in learner.must("repair").stdout
    assert attempts(learner)[-1]["outcome"] == "revealed"


@pytest.mark.parametrize("fault", ["translation-deleted[tcp]", "translation-deleted[udp]"])
def test_a_solution_can_be_typed(labs: Callable[[str], User], fault: str) -> None:
    """It holds nothing that only netproof knows, it repairs cleanly, and no note of netproof's stays behind."""
    user = labs("publish")
    try:
        before = user.typed("host", "ls -A /run").stdout
        broken(user, fault)
        solution = [document(user.must("hint", "--json"))["text"] for _ in range(4)][-1]
        assert "/run" not in solution
        assert "$(" not in solution
        place, command = re.fullmatch(r".* Repair: in (\S+): (.*)", solution, re.DOTALL).groups()  # type: ignore[union-attr]  # it fails loudly
        user.typed(place, command)
        must_be_solved(user)
        assert user.typed("host", "ls -A /run").stdout == before
    finally:
        user.must("reset")


def files(user: User) -> str:
    """Everything that netproof keeps of a user, as text."""
    folders = [user.state, Path(user.mine["NETPROOF_DATA_DIR"])]
    found = [path for folder in folders if folder.exists() for path in folder.rglob("*") if path.is_file()]
    return "\n".join(path.read_text(errors="replace") for path in found if path.name != "baseline.json")


def test_an_exam_gives_nothing_away(netproof: User) -> None:
    """Neither in files nor on the screen; no hints, no answers to guesses; its record says that it was one."""
    netproof.must("up")
    begun = netproof.must("break", "--exam", "--fault", "masquerade-deleted")
    assert "seed" not in begun.stdout
    kept = files(netproof)
    assert "sealed" in kept
    assert not [word for word in ("masquerade", "MASQUERADE", "POSTROUTING", "nat") if word in kept.split('"')]
    for words in (["hint"], ["reveal"], ["repair"], ["tree"], ["diff", "--show"], ["graph", "--show"]):
        assert "is not there for an exam" in refused(netproof.lab(*words))
    wrong, right = (netproof.must("guess", name, "--at", "host") for name in ("forwarding-off", "masquerade-deleted"))
    assert wrong.stdout == right.stdout
    assert "is over" in right.stdout
    code, found = checked(netproof)
    assert (code, found["verdict"]) == (1, "not repaired")
    netproof.typed("host", "iptables -t nat -I POSTROUTING 1 -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE")
    must_be_solved(netproof)
    record = attempts(netproof)[-1]
    assert (record["exam"], record["outcome"], record["named"], record["localised"]) == (True, "solved", 66, 100)
    assert "masquerade-deleted" in netproof.must("reveal").stdout, "it is over"
    assert "solved (exam)" in netproof("progress").stdout


def test_an_exam_that_is_given_up_is_recorded_and_told(learner: User) -> None:
    """`reset` ends it; then it may be asked what it was. --show has no place in one."""
    assert "Leave out" in refused(learner.lab("break", "--exam", "--show"))
    document(learner.must("break", "--exam", "--fault", "egress-dropped", "--json"))
    learner.must("reset")
    assert (attempts(learner)[-1]["outcome"], attempts(learner)[-1]["exam"]) == ("abandoned", True)
    assert "egress-dropped" in learner.must("reveal").stdout


def test_names_are_listed_without_what_they_are(learner: User) -> None:
    """All that `guess` takes, and nothing of the truth; which fault a seed chooses is told without trying."""
    listed = learner("faults", "--ids", "bridge-nat", "--json")
    ids = [entry["id"] for entry in document(listed)["ids"]]
    practice = catalog.practice("bridge-nat")
    assert set(ids) == {fault.id for fault in practice.faults if fault.is_visible} | {"works-as-designed"}
    for fault in practice.faults:
        assert fault.what not in listed.stdout
    told = document(learner("faults", "--ids", "bridge-nat", "--seed", "5", "--as", learner.tag, "--json"))
    made = document(learner.must("break", "--seed", "5", "--show", "--json"))
    assert told["faults"] == made["faults"]
    assert "Did you mean 'bridge-nat'?" in refused(learner("faults", "--ids", "bridge-nt"))
    assert "is not a number" in refused(learner("faults", "--ids", "bridge-nat", "--seed", "x"))


def test_claims_of_a_broken_lab_are_told_to_be_of_one(learner: User) -> None:
    """Before and after; what just proved untrue does not stand in the column of what is true."""
    broken(learner)
    ended = learner.lab("test", "--seed", "1")
    assert ended.returncode == 1
    assert "is broken on purpose" in ended.stderr
    assert "is broken on purpose" in ended.stdout
    table = ended.stdout.partition(" failed: ")[0]
    assert "not proven now" in table
    assert "conntrack holds both" not in table
    assert json.loads(learner.instance_file("results.json"))["broken"] is True


def test_progress_tells_every_outcome_apart(netproof: User) -> None:
    """Solved, solved with collateral, and the rest; an exam is called one."""
    path = Path(netproof.mine["NETPROOF_DATA_DIR"]) / "attempts.jsonl"
    path.parent.mkdir(parents=True)
    about: dict[str, Any] = {
        "id": "a",
        "ended": "2030-01-02T03:04:05+0000",
        "lab": "bridge-nat",
        "engine": "26.1",
        "firewall": "nft",
    }
    about |= {"firewall": "nft", "seed": 1, "faults": ["masquerade-deleted"], "decoy": False, "seconds": 1.0}
    outcomes = ["solved"] * 11 + ["collateral"] * 6 + ["abandoned"]
    path.write_text("".join(json.dumps({**about, "outcome": outcome}) + "\n" for outcome in outcomes))
    assert "18 attempts: 11 solved, 6 solved with collateral, 1 abandoned." in netproof("progress").stdout
    counts = document(netproof("progress", "--json"))["outcomes"]
    assert counts == {"solved": 11, "collateral": 6, "abandoned": 1}


def test_half_a_repair_leaves_the_reference_repair_to_be_done(learner: User) -> None:
    """An MTU that is another one, and still too low: what was broken is in effect, and `repair` finds it."""
    broken(learner, "mtu-lowered")
    learner.typed("host", "ip link set eth0 mtu 1480; ip link set docker0 mtu 1480")
    code, found = checked(learner)
    assert (code, found["verdict"]) == (1, "not repaired")
    learner.must("repair")
    assert {look["outcome"] for look in checked_or_over(learner)} == {"green"}


def checked_or_over(user: User) -> list[dict[str, Any]]:
    """The checks of a lab, whether or not an attempt runs."""
    looks: list[dict[str, Any]] = json.loads(user.lab("check", "--json").stdout)["checks"]
    return looks
