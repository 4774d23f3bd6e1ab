"""Parts that die: clear messages, exit code 3, and `up` heals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from netproof.errors import HostDied
from netproof.state import labels
from netproof.wait import until
from tests.contract.conftest import Ended, User, document, foreign_container

pytestmark = pytest.mark.rest

COMMANDS = {
    "status": ["status"],
    "test": ["test"],
    "facts": ["facts"],
    "diff": ["diff"],
    "env": ["env"],
    "exec": ["exec", "client", "--", "true"],
}


def _problem(ended: Ended, code: int = 3) -> str:
    """The message of a command that failed well: exit code, one JSON document, a remedy, no traceback."""
    assert ended.returncode == code, f"exit code {ended.returncode}: {ended.stdout}{ended.stderr}"
    error = document(ended)["error"]
    assert error["remedy"]
    assert "Traceback" not in ended.stderr
    assert error["problem"] in ended.stderr
    return str(error["problem"])


def _json(words: list[str]) -> list[str]:
    return [words[0], "--json", *words[1:]] if words[0] != "exec" else [*words[:2], "--json", *words[2:]]


def test_every_command_tells_of_a_dead_lab_host_and_up_heals(netproof: User) -> None:
    """When the lab host was killed each command exits 3 and says so; `up` builds it again and says why."""
    netproof.must("up")
    netproof.client.api.kill(netproof.name)
    for name, words in COMMANDS.items():
        problem = _problem(netproof.lab(*_json(words)))
        assert problem == f"Lab host host of {netproof.instance} is exited.", f"{name}: {problem}"
    ended = netproof.lab("shell", "client")
    assert (ended.returncode, "is exited" in ended.stderr) == (3, True), ended.stderr
    assert f"{netproof.instance} dead: host" in netproof("labs").stdout
    healed = document(netproof.must("up", "--json"))
    assert {"part": "host", "action": "built", "why": "it was exited"} in healed["changes"]
    assert netproof.is_healthy()


def _kill_inside(user: User, pattern: str) -> None:
    """Kill processes of a lab host, by the machine's engine: not through the agent."""
    made = user.client.api.exec_create(user.name, ["pkill", "-9", *pattern.split(" ", 1)])["Id"]
    user.client.api.exec_start(made)


def test_a_lab_whose_engine_died_can_still_be_looked_into(netproof: User) -> None:
    """With dockerd killed, status says so, exec, facts and diff work on, and `up` builds what was lost."""
    netproof.must("up")
    with netproof.attached() as lab:
        _kill_inside(netproof, "-x dockerd")
        assert until(lambda: not lab.agent("host").call("engine.state")["answers"], 10)
    assert "engine does not answer" in netproof.must("status").stdout
    for node, shown in (("host", "docker0"), ("client", "10.0.0.2"), ("outsider", "203.0.113.1")):
        assert shown in netproof.must("exec", node, "--", "ip", "addr").stdout
    assert not document(netproof.must("facts"))["host"]["engine"]["answers"]
    changed = document(netproof.must("diff", "--json"))["differences"]
    assert "The engine of host is gone." in {item["after"] for item in changed if item["place"] == "host"}
    healed = document(netproof.must("up", "--json"))
    assert {"part": "host", "action": "built", "why": "its engine had died"} in healed["changes"]
    assert netproof.is_healthy()


BROKEN_AGENTS = {
    "without python": ("mv /usr/bin/python3 /usr/bin/python3.off", "mv /usr/bin/python3.off /usr/bin/python3"),
    "disk full": (
        "rm -rf /run/netproof/agent-*; mount -o remount,size=600k /run; dd if=/dev/zero of=/run/fill bs=1k || true",
        "rm /run/fill; mount -o remount,size=1g /run; ls -d /run/netproof/agent-*.* && exit 1 || true",
    ),
}


@pytest.mark.parametrize("what", BROKEN_AGENTS)
def test_a_lab_host_in_which_no_agent_starts_is_told_of_from_outside(shared: User, what: str) -> None:
    """Its engine and containers are shown, what could not be looked at is said in a line, and the exit code is 3."""
    breaks, mends = BROKEN_AGENTS[what]
    _inside(shared, breaks)
    try:
        ended = shared.lab("status")
        found = shared.lab("status", "--json")
    finally:
        _inside(shared, mends)
    assert (ended.returncode, found.returncode) == (3, 3)
    assert re.search(r"client +container +running", ended.stdout)
    assert re.search(r"outsider +outsider +unknown", ended.stdout)
    assert re.search(r"host: engine \d+\.\d+", ended.stdout)
    (line,) = (line for line in ended.stdout.splitlines() if "not looked at" in line)
    assert "The agent in lab host host is gone: " in line
    assert "Traceback" not in ended.stdout + ended.stderr
    told = json.loads(found.stdout)
    assert (told["differences"], list(told["unseen"])) == (None, ["host"])
    assert {node["name"]: node["state"] for node in told["nodes"]}["host"] == "running"
    shared.must("status")


def _inside(user: User, command: str) -> None:
    """Run a command in a lab host, by the machine's engine: there is no agent."""
    made = user.client.api.exec_create(user.name, ["sh", "-c", command])["Id"]
    user.client.api.exec_start(made)
    assert user.client.api.exec_inspect(made)["ExitCode"] == 0


def test_a_dead_server_of_the_outsider_is_shown_and_healed(netproof: User) -> None:
    """When the outsider's HTTP server was killed, status names it and `up` makes only the outsider anew."""
    netproof.must("up")
    _kill_inside(netproof, "-f TCP4-LISTEN")
    assert "outsider-http-80 died" in until(
        lambda: text if "died" in (text := netproof.must("status").stdout) else "", 10
    )
    healed = document(netproof.must("up", "--json"))
    assert healed["changes"] == [{"part": "outsider", "action": "built", "why": "a part of it was gone"}]
    assert netproof.is_healthy()


def test_an_agent_killed_in_the_middle_of_a_call_is_a_clear_message(netproof: User) -> None:
    """`lab exec` whose agent is killed exits 3 and says that the agent is gone; the lab stays usable."""
    netproof.must("up")
    with netproof.attached() as lab:
        call = lab.agent("host").submit("run", place="host", command="echo $PPID; exec sleep 60", timeout=60)
        assert until(lambda: lab.run("host", ["pgrep", "-f", "^sleep 60$"]).rc == 0, 10)
        process = threading.Thread(target=lambda: _kill_inside(netproof, "-f ^python3.-c"))
        process.start()
        with pytest.raises(HostDied, match="The agent in lab host host is gone"):
            call.result(30)
        process.join()
    assert netproof.is_healthy()


def test_every_command_tells_that_no_engine_answers(netproof: User) -> None:
    """Without an engine each command that needs one exits 3 with a remedy, and `invoke labs` still lists."""
    nowhere = {"DOCKER_HOST": "unix:///nonexistent.sock"}
    lines = [netproof.words(*_json(words)) for words in [["up"], ["down"], *COMMANDS.values()] if words != ["diff"]]
    lines += [["clean", "--keep-images", "--json"], ["images", "--json"]]
    for words in lines:
        problem = _problem(netproof(*words, env=nowhere))
        assert "No Docker engine answers at unix:///nonexistent.sock" in problem, words
    listed = netproof("labs", "--json", env=nowhere)
    assert listed.returncode == 0
    assert document(listed)["labs"][0]["state"] == ["unknown: no engine"]


def test_a_container_with_our_name_that_is_not_ours_is_left_alone(
    netproof: User, client: docker.DockerClient, image: str
) -> None:
    """`up` refuses to touch a container that has the name it needs but not its labels; `down` and `clean`, too."""
    made = foreign_container(client, image, netproof)
    try:
        assert f"A container named {netproof.name} exists and belongs to" in _problem(netproof.lab("up", "--json"))
        netproof.must("down")
        assert netproof("clean", "--keep-images").returncode == 0
        assert client.api.inspect_container(netproof.name)["Id"] == made
    finally:
        client.api.remove_container(made, v=True, force=True)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A full file system, mounted only for the processes that enter it."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare(1), to mount a file system of its own")
    folder = tmp_path / "tiny"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_while_an_image_is_built_is_named(netproof: User, tiny_disk: Path) -> None:
    """A build that runs out of temporary disk exits 3, names the disk and leaves nothing: no files, no builder."""
    if shutil.which("debootstrap") is None:
        pytest.skip("needs debootstrap: only that way of building uses the temporary disk")
    script = (
        f'mount -t tmpfs -o size=24m tiny {tiny_disk} && {{ TMPDIR={tiny_disk} "$@"; code=$?; ls -A {tiny_disk} >&2; '
        "exit $code; }"
    )
    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", "invoke", "images", "--engine=20.10", "--refresh", "--json"],
        cwd=netproof.root,
        env={**os.environ, **netproof.mine},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"no space left on the disk at {tiny_disk}" in _problem(ended)
    assert "netproof-build" not in ended.stderr.splitlines()[-1]
    assert netproof.remains() == []
    ours = {"label": f"{labels.OWNER}={netproof.owner}"}
    assert netproof.client.api.images(all=True, filters=ours) == []
