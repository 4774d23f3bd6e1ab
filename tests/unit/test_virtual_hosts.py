"""Virtual machines as lab hosts: what they say is understood, and what is wrong is told before anything is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netproof.doctor import examine, ready
from netproof.engine import location, ssh, vagrant_machines
from netproof.engine.ssh import SshStream, Way
from netproof.errors import BuildError, EngineError, UsageError
from netproof.hosts import HostSpec, backend_choice, vagrant
from netproof.hosts.vagrant import MachineHosts
from netproof.images.recipe import COMMON
from netproof.state import labels
from netproof.state.instance import Instance

INSTANCE = Instance("bridge-nat")
LABELS = {
    "lab": "bridge-nat",
    "instance": "",
    "owner": "somebody",
    "host": "host",
    "engine": "20.10",
    "firewall": "nft",
    "digest": "d",
    "image": "sha256:i",
}
# Its last word is the command line there; the one before it is the machine's name.
SSH = """#!/bin/sh
for word; do before=$name name=$last last=$word; done
machine=$name
echo "$machine $last" >>{folder}/asked
[ ! -e {folder}/$machine.silent ] || {{ echo 'ssh: connect to host port 22: Connection refused' >&2; exit 255; }}
case $last in
*" show"*) cat {folder}/$machine.json ;;
*" start "*) if [ -e {folder}/busy ]; then cat {folder}/busy >&2; exit 5; fi ;;
*) eval "exec $last" ;;
esac
"""


class Fleet:
    """Machines that are files: what each says of itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: list[str] = []
        program = folder / "ssh"
        program.write_text(SSH.format(folder=folder))
        program.chmod(0o755)

    def add(self, name: str, **changes: Any) -> None:
        """Another machine."""
        said = {"machine": name, "engine": "20.10.24", "kernel": "6.1", "cgroups": 2, "ready": True}
        said |= {"seed": "", "state": None}
        (self.folder / f"{name}.json").write_text(json.dumps({**said, "lab": None, **changes}))
        self.names.append(name)

    def way(self, name: str = "node1") -> tuple[str, list[str]]:
        """In the place of machines.way."""
        return name, [str(self.folder / "ssh")]

    @property
    def asked(self) -> list[str]:
        """What the machines were told to do."""
        path = self.folder / "asked"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """No machine yet; this process's owner is `somebody`."""
    found = Fleet(tmp_path)
    monkeypatch.setenv("NETPROOF_OWNER", "somebody")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(vagrant_machines, "names", lambda: found.names)
    monkeypatch.setattr(vagrant_machines, "way", found.way)
    assert labels.owner() == "somebody"
    return found


def test_lab_hosts_are_found_by_whose_they_are(fleet: Fleet) -> None:
    """Those of other owners and other instances are somebody else's."""
    fleet.add("node1", state="running", lab=LABELS)
    fleet.add("node2", state="exited", lab={**LABELS, "owner": "else"})
    (mine,) = MachineHosts().find(INSTANCE)
    assert (mine.id, mine.host, mine.state, mine.apart) == ("node1", "host", "running", True)
    assert [host.id for host in MachineHosts().find()] == ["node1"]
    assert MachineHosts().find(Instance("publish")) == []


def test_the_place_has_the_machines_engine(fleet: Fleet) -> None:
    """Nothing else can be asked for there, and one lab at a time."""
    fleet.add("node1")
    with location.at(location.MACHINES):
        assert backend_choice.engines() == ["20.10"]
        assert backend_choice.hosts().at_once == 1
        assert backend_choice.hosts().kernel() == "6.1"
    with pytest.raises(UsageError, match=r"20\.10\.24, not 26\.1"):
        MachineHosts().prepare("26.1", 1, lambda _: None)


def test_an_engine_that_labs_do_not_know_is_told(fleet: Fleet) -> None:
    fleet.add("node1", engine="19.03.1")
    with pytest.raises(UsageError, match=r"has Docker Engine 19\.03\.1; labs are written for 20\.10"):
        MachineHosts().engines()


def test_a_lab_with_two_hosts_needs_two_machines(fleet: Fleet) -> None:
    fleet.add("node1", seed=vagrant.tools_digest())
    assert MachineHosts().prepare("20.10", 1, lambda _: None).version == "20.10.24"
    with pytest.raises(UsageError, match="there is one virtual machine") as told:
        MachineHosts().prepare("20.10", 2, lambda _: None)
    assert "--machines 2" in told.value.remedy


def test_whose_the_machine_is_is_told(fleet: Fleet) -> None:
    """By the lab that has to go first."""
    fleet.add("node1")
    (fleet.folder / "busy").write_text(f"busy {json.dumps({**LABELS, 'instance': 'second'})}\n")
    spec = HostSpec("host", 0, "20.10", "nft", "sha256:i", {}, shares=False, digest="d")
    with pytest.raises(BuildError, match="lab host of bridge-nat@second") as told:
        MachineHosts().start(INSTANCE, spec)
    assert "invoke lab down bridge-nat --as second" in told.value.remedy


def test_a_machine_that_does_not_answer_is_named(fleet: Fleet) -> None:
    fleet.add("node1")
    fleet.add("node2")
    (fleet.folder / "node2.silent").touch()
    with pytest.raises(EngineError, match="virtual machine node2 cannot be reached") as told:
        MachineHosts().find(INSTANCE)
    assert "invoke vagrant up" in told.value.remedy


def test_without_a_machine_that_is_told(fleet: Fleet) -> None:
    assert fleet.names == []
    with pytest.raises(EngineError, match="no virtual machine"):
        MachineHosts().find(INSTANCE)


def test_what_runs_there_is_sent_when_it_is_missing(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the version of this project, once."""
    fleet.add("node1")
    there = tmp_path / "labhost"
    script = b'echo \'{"machine": "node1"}\'\n'
    monkeypatch.setattr(vagrant, "_script", lambda: (script, str(there)))
    monkeypatch.setattr(vagrant, "_words", lambda verb, *_: ["bash", str(there), verb.upper()])
    stub = tmp_path / "sudo"
    stub.write_text('#!/bin/sh\nexec "$@"\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(TypeError, match="missing"):  # it says less than a machine does
        vagrant.show("node1")
    assert there.read_bytes() == script


def test_doctor_tells_what_a_machine_cannot_do(fleet: Fleet) -> None:
    """Before anything is built: one that is silent, one without the tools, and that there is only one."""
    with location.at(location.MACHINES):
        assert not ready(examine(lambda _: None))
        fleet.add("node1")
        found = {item.name: item for item in examine(lambda _: None)}
        assert found["node1"].what == "Docker Engine 20.10.24, kernel 6.1, cgroups version 2"
        assert "--machines 2" in found["second machine"].remedy
        assert found["features"].status == "unknown"
        fleet.add("node2", cgroups=1)
        assert not ready(examine(lambda _: None))
        (fleet.folder / "node2.silent").touch()
        assert "cannot be reached" in {item.name: item for item in examine(lambda _: None)}["node2"].what


def test_a_process_there_is_spoken_to_line_by_line(fleet: Fleet) -> None:
    fleet.add("node1")
    stream = SshStream(Way(*_tupled(fleet.way())), ["sh", "-c", "read -r word; echo got $word; echo aside >&2; cat"])
    stream.write(b"hello\n")
    assert stream.readline() == b"got hello\n"
    assert stream.close() == "aside\n"
    assert stream.readline() == b""


def test_a_command_there_gets_its_input_and_its_words(fleet: Fleet) -> None:
    """Whatever is in them; and how it ended is told."""
    fleet.add("node1")
    way = Way(*_tupled(fleet.way()))
    ended = ssh.run(way, ["sh", "-c", 'cat; echo "$1"; exit 7', "sh", 'it\'s $HOME * "two"'], 10, b"given ")
    assert (ended.code, ended.output) == (7, 'given it\'s $HOME * "two"\n')
    assert list(ssh.follow(way, ["sh", "-c", "cat; echo end"], b"one\ntwo\n")) == ["one", "two", "end"]
    with pytest.raises(EngineError, match="node1: no room"):
        list(ssh.follow(way, ["sh", "-c", "echo no room >&2; exit 4"], b""))


def _tupled(way: tuple[str, list[str]]) -> tuple[str, tuple[str, ...]]:
    return way[0], tuple(way[1])


def test_machines_get_all_that_lab_hosts_have() -> None:
    """The packages of a lab host image, and what a kernel with AppArmor wants beside them."""
    listed = (vagrant_machines.FOLDER / "guest" / "packages").read_text().split()
    assert set(listed) == {*COMMON, "apparmor"}
