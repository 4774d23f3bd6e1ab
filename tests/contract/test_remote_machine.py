"""Lab hosts on another machine: everything is as it is here, and what goes wrong on the way there is told."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from netproof.wait import until
from tests.contract import ssh_machine
from tests.contract.conftest import User, document, finish
from tests.contract.ssh_machine import BOX, CONTEXT, Machine

pytestmark = pytest.mark.rest

MASQUERADE = "iptables -t nat -I POSTROUTING 1 -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"


@pytest.fixture(scope="module")
def settled(box: Machine, new_user: Callable[..., User]) -> Iterator[User]:
    """A user with a lab on the box, for tests that leave it as it was."""
    user = new_user()
    user.mine["NETPROOF_SSH"] = box.ssh
    ssh_machine.configure(box)
    try:
        user.must("up", "--host", BOX)
        yield user
    finally:
        cleaned = user("clean", "--keep-images")
        user.leave()
        assert cleaned.returncode == 0, cleaned.stderr
        assert box.holds(user.owner) == [], "clean left something on the other machine"


# Everything


def test_the_lab_is_there_and_not_here(settled: User, box: Machine) -> None:
    """Its lab host runs on the other engine, and this one knows nothing of it."""
    assert len(box.holds(settled.owner)) >= 1
    assert settled.remains() == [f"files {settled.state}/instances/{settled.instance.slug}"]
    assert settled.hosts() == []
    assert f"{settled.instance} up on {BOX}" in settled("labs").stdout


def test_its_claims_hold_there(settled: User) -> None:
    """All of them, without being told again where it is."""
    found = document(settled.must("test", "--json"))
    assert {claim["outcome"] for claim in found["claims"]} == {"passed"}


def test_a_fault_is_red_there_and_repaired(settled: User) -> None:
    """Broken, looked at, repaired by hand, judged."""
    settled.must("break", "--fault", "masquerade-deleted")
    assert settled.lab("check").returncode == 1
    settled.typed("host", MASQUERADE)
    assert document(settled.lab("check", "--json"))["verdict"] == "solved"
    assert document(settled.must("diff", "--json"))["differences"] == []


def test_a_walk_a_picture_and_a_capture_come_from_there(settled: User, tmp_path: Path) -> None:
    """The agent's streams lead through ssh like everything else."""
    walk = document(settled.must("walk", "client", "203.0.113.1:80", "--json"))
    assert walk["outcome"] == "answered"
    assert "MASQUERADE" in json.dumps(walk)
    settled.must("graph", "--to", str(tmp_path / "lab.svg"))
    assert "203.0.113.2" in (tmp_path / "lab.svg").read_text()
    settled.must("capture", "client:eth0", "--seconds", "1", "--to", str(tmp_path / "lab.pcapng"))
    assert (tmp_path / "lab.pcapng").read_bytes()[:4] == b"\x0a\x0d\x0d\x0a"


def test_ones_own_docker_cli_gets_there(settled: User) -> None:
    """`lab env` leads to the engine of the lab host on the other machine."""
    address = document(settled.must("env", "--json"))["DOCKER_HOST"]["host"]
    inner = docker.DockerClient(address)
    assert [item.name for item in inner.containers.list()] == ["client"]
    inner.close()


def test_a_shell_opens_there(settled: User) -> None:
    ended = settled.lab("shell", "client", stdin="ip -o -4 address show eth0\nexit 7\n")
    assert (ended.returncode, "10.0.0.2" in ended.stdout) == (7, True), ended.stderr


def test_a_command_there_hears_signals_and_loses_nothing(settled: User) -> None:
    """Its output comes as it is written; what it says to Ctrl-C, and its exit code, come back."""
    trap = "trap 'echo got; exit 9' INT; echo begun; while :; do sleep 0.05; done"
    process = settled.start(["-m", "invoke", *settled.words("exec", "client", "--", "bash", "-c", trap)])
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert (ended.returncode, ended.stdout) == (9, "got\n")


def test_one_lab_is_in_one_place(settled: User) -> None:
    """Asked for elsewhere, it is not built a second time under the same name."""
    ended = settled.lab("up", "--host", "dind")
    assert ended.returncode == 2
    assert f"it was built on {BOX}" in ended.stderr


def test_doctor_looks_at_the_other_machine(settled: User) -> None:
    found = document(settled("doctor", "--host", BOX, "--json"))
    assert found["ready"]
    assert any(item["name"] == "address" and item["what"].startswith(BOX) for item in found["findings"])


def test_two_hosts_of_a_lab_find_each_other_there(traveller: User) -> None:
    """An overlay between two lab hosts of the other machine; its engine is that of a docker context here."""
    traveller.about = "overlay"
    traveller.must("up", "--host", CONTEXT)
    found = document(traveller.must("test", "--json"))
    assert {claim["outcome"] for claim in found["claims"]} == {"passed"}
    traveller.must("down")


def test_the_variable_and_the_file_say_where(traveller: User, box: Machine, tmp_path: Path) -> None:
    """NETPROOF_HOST comes before the configuration file, and what exists is found without either."""
    config = tmp_path / "config.toml"
    config.write_text('host = "ssh://nowhere.invalid"\n')
    traveller.mine["NETPROOF_CONFIG"] = str(config)
    ended = traveller.lab("up")
    assert (ended.returncode, "nowhere.invalid" in ended.stderr) == (3, True)
    traveller.mine["NETPROOF_HOST"] = BOX
    traveller.must("up")
    del traveller.mine["NETPROOF_HOST"], traveller.mine["NETPROOF_CONFIG"]
    assert "client" in traveller.must("status").stdout
    traveller.must("down")
    assert box.holds(traveller.owner) == []


# The connection


@pytest.mark.parametrize("step", ["host", "engine", "container"])
def test_a_connection_that_is_cut_while_a_lab_is_built(traveller: User, box: Machine, step: str) -> None:
    """Said; and what is left there is found and removed once there is a connection again."""
    process = traveller.start(["-m", "invoke", *traveller.words("up", "--host", BOX)])
    journal = traveller.files / "instances" / traveller.instance.slug / "journal.jsonl"
    assert until(lambda: journal.exists() and f'"step": "{step}"' in journal.read_text(), 60)
    box.cut()
    out, err = process.communicate(timeout=180)
    box.start_ssh()
    assert process.returncode == 3, f"{out}{err}"
    assert re.search("stopped answering|is gone|cannot be reached", err), err
    assert "Traceback" not in err
    traveller.must("up")
    assert document(traveller.must("diff", "--json"))["differences"] == []


def test_a_connection_that_is_cut_while_claims_are_proven(traveller: User, box: Machine) -> None:
    """The claims that could not be proven are not called proven; the lab is whole when one is back."""
    traveller.must("up", "--host", BOX)
    process = traveller.start(["-m", "invoke", *traveller.words("test")])
    assert process.stderr is not None
    assert any("proving" in line for line in process.stderr)
    box.cut()
    out, err = process.communicate(timeout=180)
    box.start_ssh()
    assert process.returncode in {1, 3}, f"{out}{err}"
    assert "Traceback" not in err
    traveller.must("down")


# What is wrong on the way


@pytest.mark.parametrize(
    ("host", "settings", "told"),
    [
        (BOX, {"IdentityFile": "{folder}/stranger"}, "accepts none of your keys"),
        (BOX, {"UserKnownHostsFile": "/dev/null"}, "host key is not known"),
        (BOX, {"Port": 2222}, "no ssh server listens there"),
        (BOX, {"HostName": "nowhere.invalid"}, "no machine of that name"),
        (f"{BOX}/run/nothing.sock", {}, "no Docker engine answers at /run/nothing.sock"),
        ("docker:nowhere", {}, "There is no docker context 'nowhere'"),
    ],
)
def test_why_a_host_cannot_be_reached(
    traveller: User, box: Machine, host: str, settings: dict[str, str], told: str
) -> None:
    """One clear sentence and what to do, before anything is made."""
    ssh_machine.configure(box, **{name: str(value).format(folder=box.folder) for name, value in settings.items()})
    # Another ssh than the one that stands already.
    traveller.mine["NETPROOF_SSH"] = f"{box.ssh} -o LogLevel=INFO"
    ended = traveller.lab("up", "--host", host)
    ssh_machine.configure(box)
    assert ended.returncode == 3
    assert told in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 2, ended.stderr
    assert not traveller.hosts()


def test_a_machine_without_room_is_told(client: docker.DockerClient, traveller: User, tmp_path: Path) -> None:
    """Its engine's disk is too small for the image: said, and nothing remains there."""
    with ssh_machine.running(client, tmp_path, room="200m") as small:
        traveller.mine["NETPROOF_SSH"] = small.ssh
        ended = traveller.lab("up", "--host", BOX)
        assert (ended.returncode, "no space left" in ended.stderr) == (3, True), ended.stderr
        assert small.holds(traveller.owner) == []
        assert traveller("clean", "--keep-images").returncode == 0
