"""What the doctor says about machines that are well, broken, or far away; no engine is asked for anything here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import attrs
import docker
import pytest
from docker.errors import APIError, NotFound
from invoke import Exit

from netproof import doctor
from netproof.agent import kernel_features
from netproof.cli import doctor as doctor_command
from netproof.cli.screen import Screen
from netproof.doctor import EVERY_LAB, Finding, engine, kernel, lab_images, machine
from netproof.doctor.engine import Engine
from netproof.doctor.features import FEATURES
from netproof.doctor.finding import guarded
from netproof.engine.client import FORBIDDEN, REMEDY
from netproof.errors import EngineError, HostDied
from netproof.images import DEFAULT_ENGINE, ENGINES, HostImage
from netproof.images.rootfs_choice import Way

INFO = {
    "Name": "elsewhere",
    "OSType": "linux",
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
    "CgroupVersion": "2",
    "CgroupDriver": "systemd",
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=default", "name=cgroupns"],
    "DockerRootDir": "/var/lib/docker",
}
VERSION = {"Version": "26.1.5", "ApiVersion": "1.45"}
IMAGE = HostImage("sha256:0123456789abcdef", "26.1", "26.1.5+dfsg1", "recipe")
WORKS = {"works": True, "why": ""}
FAILS = {"works": False, "why": "Error: Unknown device type."}


def nothing_said(_: str) -> None:
    """For tests that do not look at progress."""


def engine_with(info: dict[str, Any] | None = None, **version: str) -> Engine:
    """An engine that answered, `info` over what a usual one says."""
    client = cast("docker.DockerClient", SimpleNamespace())
    return Engine(client, "unix:///var/run/docker.sock", INFO | (info or {}), VERSION | version)


def named(findings: list[Finding] | Iterator[Finding], name: str) -> Finding:
    """The one finding of this name."""
    [found] = [item for item in findings if item.name == name]
    return found


def answering() -> Finding:
    """The finding of an engine that answers."""
    return Finding("engine", "address", "ok", "here", EVERY_LAB)


# Judging


def test_a_machine_with_an_engine_and_nothing_missing_is_ready() -> None:
    """What is only noted, unknown, or missing for some labs does not keep bridge-nat from running."""
    others = [
        Finding("kernel", "ipvs", "missing", "no", "Swarm"),
        Finding("machine", "disk", "unknown", "far away"),
        Finding("machine", "iptables", "note", "1.8"),
    ]
    assert doctor.ready([answering(), *others])


@pytest.mark.parametrize("others", [[], [Finding("engine", "address", "unknown", "broken")]])
def test_a_machine_without_an_engine_that_answers_is_not_ready(others: list[Finding]) -> None:
    """No engine, no lab, also when nothing is known to be missing."""
    assert not doctor.ready(others)


def test_what_every_lab_needs_and_is_missing_keeps_a_machine_from_being_ready() -> None:
    """One missing thing that every lab needs is enough."""
    assert not doctor.ready([answering(), Finding("kernel", "veth", "missing", "no", EVERY_LAB)])


def test_findings_become_plain_data() -> None:
    """as_json gives every attribute, and JSON can hold it."""
    [document] = json.loads(json.dumps(doctor.as_json([answering()])))
    assert document == {
        "area": "engine",
        "name": "address",
        "status": "ok",
        "what": "here",
        "needed_for": "every lab",
        "remedy": "",
    }


# Broken machines


def test_an_error_becomes_a_finding_beside_what_was_found_before() -> None:
    """A look that fails half-way keeps its first half, and says why there is no second."""

    def look() -> Iterator[Finding]:
        yield answering()
        raise OSError("the disk is on fire")

    first, second = guarded("machine", "disks", look)
    assert first == answering()
    assert (second.status, second.name) == ("unknown", "disks")
    assert "the disk is on fire" in second.what


def test_an_interrupt_is_not_taken_for_a_broken_machine() -> None:
    """Ctrl-C ends the examination."""

    def look() -> Iterator[Finding]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        guarded("machine", "disks", look)


def test_without_an_engine_the_rest_is_still_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No socket: the machine is described, what needs an engine is unknown, and the remedy says how to get one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    findings = doctor.examine(nothing_said)
    assert "bootstrap" in named(findings, "address").remedy
    assert named(findings, "address").in_the_way
    assert named(findings, "python").status == "ok"
    assert {item.area for item in findings if item.status == "unknown"} == {"machine", "images", "kernel"}
    assert not doctor.ready(findings)


def test_everything_broken_at_once_still_gets_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that answers nonsense, a machine that tells nothing: findings, not a traceback."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(engine, "reach", lambda: Engine(cast("docker.DockerClient", None), "tcp://far", {}, {}))
    monkeypatch.setattr(shutil, "disk_usage", broken)
    monkeypatch.setattr(shutil, "which", broken)
    monkeypatch.setattr(Path, "read_text", broken)
    findings = doctor.examine(nothing_said)
    assert {item.area for item in findings} == {"engine", "machine", "images", "kernel"}
    assert not doctor.ready(findings)


def test_an_unexpected_error_of_the_client_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what no one foresaw between here and the engine ends as a finding."""

    def reach() -> Engine:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr(engine, "reach", reach)
    assert "odd" in named(doctor.examine(nothing_said), "address").what


# The engine


@pytest.mark.parametrize(
    ("problem", "given", "remedy"),
    [
        ("No Docker engine answers at unix:///s: there is no such socket", REMEDY, "bootstrap"),
        ("No Docker engine answers at unix:///s: permission denied; …", FORBIDDEN, "group docker"),
        ("There is no docker context 'x'.", "`docker context ls` lists them.", "context ls"),
        ("ssh://box cannot be reached: it accepts none of your keys.", "ssh-copy-id puts one there.", "ssh-copy-id"),
    ],
)
def test_each_reason_for_silence_has_its_remedy(problem: str, given: str, remedy: str) -> None:
    """A socket that is closed to us is mended otherwise than one that is not there, or on another machine."""
    assert remedy in engine.unreachable(EngineError(problem, given)).remedy


def test_a_usual_engine_is_well() -> None:
    """Nothing to mend on an engine as people have it."""
    assert {item.status for item in engine.examine(engine_with())} == {"ok"}


@pytest.mark.parametrize(
    ("info", "version", "name"),
    [
        ({}, {"ApiVersion": "1.40"}, "version"),
        ({"OSType": "windows"}, {}, "platform"),
        ({"DriverStatus": [["Supports d_type", "false"]]}, {}, "storage"),
    ],
)
def test_an_engine_that_cannot_hold_a_lab_host_is_told(
    info: dict[str, Any], version: dict[str, str], name: str
) -> None:
    """Too old, no Linux, or a file system without d_type: missing for every lab, with a remedy."""
    found = named(engine.examine(engine_with(info, **version)), name)
    assert found.in_the_way
    assert found.remedy


@pytest.mark.parametrize("option", ["name=rootless", "name=userns"])
def test_engines_without_real_root_are_noted(option: str) -> None:
    """Labs are proven on engines that run as root; others are not refused."""
    assert named(engine.examine(engine_with({"SecurityOptions": [option]})), "rights").status == "note"


@pytest.mark.parametrize(
    ("address", "name", "local"),
    [
        ("unix:///var/run/docker.sock", "here", True),
        ("unix:///home/me/.docker/desktop.sock", "docker-desktop", False),
        ("tcp://10.1.1.1:2376", "here", False),
    ],
)
def test_local_is_what_runs_under_this_machines_name(
    monkeypatch: pytest.MonkeyPatch, address: str, name: str, *, local: bool
) -> None:
    """A socket alone proves nothing: behind Docker Desktop's is a virtual machine."""
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    client = cast("docker.DockerClient", SimpleNamespace())
    assert Engine(client, address, {"Name": name}, {}).local is local


# The machine


@pytest.mark.parametrize(("free", "status"), [(8_000_000, "ok"), (90_000, "missing")])
def test_memory_is_what_is_available(tmp_path: Path, free: int, status: str) -> None:
    """MemAvailable decides, not what is unused."""
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal:       16000000 kB\nMemFree:          10000 kB\nMemAvailable:   {free} kB\n")
    [found] = machine.memory(meminfo)
    assert found.status == status


def test_memory_is_unknown_where_there_is_no_proc(tmp_path: Path) -> None:
    """Not Linux: unknown, not an error."""
    [found] = machine.memory(tmp_path / "meminfo")
    assert found.status == "unknown"


@pytest.mark.parametrize(
    ("free", "statuses"), [(9 << 30, ["ok", "ok"]), (600 << 20, ["note", "missing"]), (1 << 20, ["missing"] * 2)]
)
def test_disks_are_judged_by_what_they_hold(monkeypatch: pytest.MonkeyPatch, free: int, statuses: list[str]) -> None:
    """A lab needs little room, building an image about one GiB in both places."""
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert [item.status for item in machine.disks(engine_with())] == statuses


def test_the_disk_of_an_engine_elsewhere_is_unknown() -> None:
    """A directory of the same name here says nothing about it."""
    assert named(machine.disks(engine_with()), "engine's disk").status == "unknown"


def test_a_machine_without_iptables_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lab hosts bring their own."""
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    [found] = machine.firewall()
    assert found.status == "note"


# Images


def test_an_image_that_is_not_built_names_the_command_that_builds_it() -> None:
    """Missing, but only for labs on that engine: `lab up` would build it."""
    found = named(lab_images.present({"20.10": None}), "20.10")
    assert "invoke images --engine 20.10" in found.remedy
    assert not found.in_the_way


def test_an_image_tells_its_exact_version_and_what_differs_from_the_promise() -> None:
    """The note of an image that Debian made another than promised is passed on."""
    other = HostImage("sha256:0123456789abcdef", "26.1", "27.0.3", "recipe")
    assert "26.1.5+dfsg1, image 0123456789ab" in named(lab_images.present({"26.1": IMAGE}), "26.1").what
    assert "26.1 was promised" in named(lab_images.present({"26.1": other}), "26.1").what


@pytest.mark.parametrize(
    ("built", "way", "status", "in_the_way"),
    [
        (None, Way.DEBOOTSTRAP, "ok", False),
        (IMAGE, Way.PULL, "ok", False),
        (IMAGE, None, "note", False),
        (None, None, "missing", True),
    ],
)
def test_building_matters_for_what_is_not_built(
    built: HostImage | None, way: Way | None, status: str, *, in_the_way: bool
) -> None:
    """A machine that can build nothing can still run what is built; with neither, no lab runs."""
    [found] = lab_images.buildable({DEFAULT_ENGINE: built}, {DEFAULT_ENGINE: way})
    assert (found.status, found.in_the_way) == (status, in_the_way)


def test_the_default_image_alone_decides_whether_a_lab_can_run() -> None:
    """An engine of which no image can be had is missing for its own labs only."""
    other = next(name for name in ENGINES if name != DEFAULT_ENGINE)
    [found] = lab_images.buildable({DEFAULT_ENGINE: IMAGE, other: None}, {DEFAULT_ENGINE: None, other: None})
    assert (found.status, found.in_the_way) == ("missing", False)


# The kernel


def test_every_feature_that_is_tried_is_explained() -> None:
    """The agent's trials and the doctor's explanations name the same features."""
    assert set(FEATURES) == set(kernel_features._TRIALS)


def test_a_missing_feature_says_what_the_kernel_said_who_needs_it_and_what_to_load() -> None:
    """All that a person needs to decide whether to care."""
    found = kernel.feature("ipvs", FAILS)
    assert (found.status, found.what) == ("missing", FAILS["why"])
    assert "virtual IPs" in found.needed_for
    assert "modprobe -a ip_vs" in found.remedy


def test_a_feature_the_doctor_does_not_know_is_still_told() -> None:
    """An agent with a new trial does not break the doctor."""
    assert kernel.feature("novelty", FAILS).status == "missing"


def test_without_an_image_features_are_unknown() -> None:
    """There is nothing to try them in; the remedy builds it."""
    [found] = kernel.examine(cast("docker.DockerClient", None), None)
    assert (found.status, found.in_the_way) == ("unknown", False)
    assert "invoke images" in found.remedy


def test_a_lab_host_that_does_not_run_keeps_every_lab_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """What keeps the probe's lab host from running would keep a lab's."""

    def probe_fails(*_: object) -> None:
        raise HostDied("It is gone.", "Look.")

    monkeypatch.setattr(kernel, "_probe", probe_fails)
    [found] = kernel.examine(cast("docker.DockerClient", None), IMAGE)
    assert found.in_the_way
    assert (found.what, found.remedy) == ("It is gone.", "Look.")


def test_features_that_every_lab_needs_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is the doctor's, not the agent's, and nothing is left out."""
    results = {"novelty": WORKS, "netem": FAILS, "veth": WORKS, "bridge": WORKS}
    monkeypatch.setattr(kernel, "_probe", lambda *_: {"kernel": "6.1", "features": results})
    found = list(kernel.examine(cast("docker.DockerClient", None), IMAGE))
    assert [item.name for item in found] == ["lab host", "bridge", "veth", "netem", "novelty"]


class OuterApi:
    """An engine's API that notes what is asked of it, and fails where it is told to."""

    def __init__(self, fail: str = "") -> None:
        self.fail = fail
        self.asked: list[tuple[str, str]] = []

    def create_host_config(self, **_: object) -> dict[str, Any]:
        return {}

    def create_container(self, _: str, *, name: str, **settings: Any) -> None:
        self.settings = settings
        self._note("create", name)

    def start(self, name: str) -> None:
        self._note("start", name)

    def remove_container(self, name: str, **how: bool) -> None:
        assert how == {"v": True, "force": True}
        self._note("remove", name)
        if self.fail == "create":
            raise NotFound("no such container")

    def _note(self, what: str, name: str) -> None:
        self.asked.append((what, name))
        if what == self.fail:
            raise APIError("no", explanation="refused")


def outer_client(fail: str = "") -> tuple[docker.DockerClient, OuterApi]:
    """A client whose API is faked, and that API."""
    api = OuterApi(fail)
    return cast("docker.DockerClient", SimpleNamespace(api=api)), api


@pytest.mark.parametrize("end", [RuntimeError, KeyboardInterrupt])
def test_the_probes_lab_host_is_removed_however_the_probe_ends(end: type[BaseException]) -> None:
    """Made without an engine, labelled as ours, removed by the name it was made with."""
    client, api = outer_client()
    with pytest.raises(end), kernel.probe_host(client, IMAGE):
        raise end
    assert [what for what, _ in api.asked] == ["create", "start", "remove"]
    assert len({name for _, name in api.asked}) == 1
    assert api.settings["environment"] == {"NETPROOF_ENGINE": "off"}
    assert {"netproof.owner", "netproof.role"} <= api.settings["labels"].keys()


@pytest.mark.parametrize("fail", ["create", "start"])
def test_a_lab_host_that_was_refused_is_removed_too(fail: str) -> None:
    """What was made half is removed as well, and one that never came to be is no error."""
    client, api = outer_client(fail)
    found = list(kernel.examine(client, IMAGE))
    assert api.asked[-1][0] == "remove"
    assert found[0].in_the_way
    assert "refused" in found[0].what


def test_the_command_ends_with_1_when_no_lab_can_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script asks, too."""
    well = Finding("engine", "address", "ok", "what", EVERY_LAB)
    monkeypatch.setattr(doctor, "examine", lambda _: [well])
    doctor_command.run(Screen())
    assert "can run labs" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "examine", lambda _: [attrs.evolve(well, status="missing")])
    with pytest.raises(Exit) as caught:
        doctor_command.run(Screen())
    assert caught.value.code == 1
    assert "cannot run a lab yet" in capsys.readouterr().out
