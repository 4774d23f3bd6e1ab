"""What is not netproof's stays as it is: the machine's network, the engine's other objects, the wire outside."""

from __future__ import annotations

import base64
import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from filelock import FileLock

from netproof.lab import observe
from netproof.state import labels
from netproof.wait import until
from tests.contract.conftest import TEST, User, document, finish, foreign_container

ADDRESSES = {ipaddress.ip_address(text).packed for text in ("10.0.0.1", "10.0.0.2", "203.0.113.1", "203.0.113.2")}
EXPERIMENTAL = 0x88B5  # IEEE 802's ethertype for local experiments
# Frames are from and to nobody: locally administered addresses that no machine has.
CONTROL = bytes.fromhex("0200000088b5 0200000088b6 88b5") + b"netproof's positive control".ljust(46, b"\0")
_MOVING_SYSCTLS = {"nf_conntrack_count", "tcp_fastopen_key", "stable_secret", "flush"}
_MOVING_KEYS = {"valid_life_time", "preferred_life_time", "expires", "age"}


def _steady(value: Any) -> Any:
    """A document without what counts down."""
    if isinstance(value, dict):
        return {
            key: _steady(item) for key, item in value.items() if key not in _MOVING_KEYS and not key.endswith("_timer")
        }
    return [_steady(item) for item in value] if isinstance(value, list) else value


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _ip(*words: str) -> Any:
    return _steady(json.loads(_output("ip", "-json", *words) or "[]"))


def _rules(*command: str) -> list[str]:
    """Firewall rules without comments and counters."""
    lines = [re.sub(r"\[\d+:\d+\]|packets \d+ bytes \d+", "", line) for line in _output(*command).splitlines()]
    return [line.strip() for line in lines if not line.startswith("#")]


def _sysctls() -> dict[str, str]:
    found = {}
    for path in Path("/proc/sys/net").rglob("*"):
        if path.is_file() and path.name not in _MOVING_SYSCTLS:
            try:
                found[str(path)] = path.read_text()
            except OSError:  # can only be written, or is not for us
                continue
    return found


def network() -> dict[str, Any]:
    """Everything in the machine's own network namespace that a lab could have changed."""
    return {
        "links": _ip("-details", "link", "show"),
        "addresses": _ip("address", "show"),
        "routes": _ip("route", "show", "table", "all"),
        "routes of IPv6": _ip("-6", "route", "show", "table", "all"),
        "rules": _ip("rule", "show"),
        "rules of IPv6": _ip("-6", "rule", "show"),
        "namespaces": _ip("netns", "list"),
        "iptables": _rules("iptables-save"),
        "ip6tables": _rules("ip6tables-save"),
        "nftables": _rules("nft", "list", "ruleset"),
        "sysctls": _sysctls(),
    }


def others(client: docker.DockerClient, user: User) -> dict[str, list[str]]:
    """The engine's objects that are no lab's, of any owner, nor another test's."""

    def is_foreign(item: dict[str, Any]) -> bool:
        marks = item.get("Labels") or {}
        ours = labels.OWNER in marks and marks.get(labels.ROLE) != "lab-host"  # that role is inherited from an image
        return not ours and marks.get(TEST, user.owner) == user.owner

    api = client.api
    return {
        "containers": sorted(f"{item['Id']} {item['State']}" for item in api.containers(all=True) if is_foreign(item)),
        "networks": sorted(item["Id"] for item in api.networks() if is_foreign(item)),
        "volumes": sorted(item["Name"] for item in api.volumes()["Volumes"] or [] if is_foreign(item)),
        "images": sorted(f"{item['Id']} {item['RepoTags']}" for item in api.images() if is_foreign(item)),
    }


def _items(value: Any) -> list[Any]:
    return [f"{name} = {text}" for name, text in value.items()] if isinstance(value, dict) else list(value)


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What is not equal, in words."""
    found = []
    for key, was in before.items():
        old, new = was, after[key]
        found += [f"{key}: - {item}" for item in _items(old) if item not in _items(new)]
        found += [f"{key}: + {item}" for item in _items(new) if item not in _items(old)]
    return found


@pytest.fixture(autouse=True)
def alone(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """One of these tests at a time, of all workers of pytest-xdist: one of them makes a network of its own."""
    shared = hasattr(request.config, "workerinput")
    base = tmp_path_factory.getbasetemp()
    with FileLock((base.parent if shared else base) / "untouched.lock"):
        yield


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to read the machine's firewall and its packets")


@pytest.mark.usefixtures("as_root")
def test_the_machines_network_and_others_objects_stay_as_they_are(netproof: User) -> None:
    """Links, addresses, routes, rules, firewall, sysctls and other people's Docker objects are equal before `up`, while
    the lab is up and after `down`."""
    before, theirs = network(), others(netproof.client, netproof)
    assert before["links"], "the machine's links cannot be listed"
    assert before["sysctls"], "the machine's sysctls cannot be read"
    netproof.must("up")
    assert differences(before, network()) == []
    assert differences(theirs, others(netproof.client, netproof)) == []
    netproof.must("down")
    assert differences(before, network()) == []
    assert differences(theirs, others(netproof.client, netproof)) == []


@pytest.mark.usefixtures("as_root")
def test_a_changed_machine_would_be_noticed() -> None:
    """The comparison sees a sysctl, a link with an address and route, and a firewall rule of a scratch namespace."""
    script = (
        "import json, subprocess; from tests.contract.test_untouched import network; before = network(); "
        "[subprocess.run(line.split(), check=True) for line in ("
        "'ip link add d0 type bridge', 'ip addr add 198.51.100.1/24 dev d0', 'ip link set d0 up', "
        "'ip rule add from 198.51.100.9 lookup 77', 'iptables -A FORWARD -s 198.51.100.9 -j DROP', "
        "'sysctl -qw net.ipv4.conf.lo.rp_filter=2')]; "
        "after = network(); print(json.dumps([key for key in before if before[key] != after[key]]))"
    )
    ended = subprocess.run(
        [
            "unshare",
            "--net",
            "--mount",
            "sh",
            "-c",
            'mount -t sysfs sysfs /sys; exec "$@"',
            "sh",
            sys.executable,
            "-c",
            script,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert {"links", "addresses", "routes", "rules", "iptables", "sysctls"} <= set(json.loads(ended.stdout))


@pytest.fixture
def belongings(client: docker.DockerClient, image: str, netproof: User) -> Iterator[Callable[[], bool]]:
    """A container, network and volume of the user's own; tells whether they exist."""
    api, marks = client.api, {TEST: netproof.owner}
    name = f"{netproof.tag}-own"
    volume = api.create_volume(name, labels=marks)["Name"]
    network_id = api.create_network(name, driver="bridge", labels=marks, internal=True)["Id"]
    container = foreign_container(client, image, netproof)

    def exist() -> bool:
        return bool(api.inspect_container(container) and api.inspect_network(network_id) and api.inspect_volume(volume))

    try:
        yield exist
    finally:
        api.remove_container(container, force=True)
        api.remove_network(network_id)
        api.remove_volume(volume)


def test_clean_leaves_the_users_own_things(netproof: User, belongings: Callable[[], bool]) -> None:
    """`clean` removes the lab and not the user's own container, network and volume."""
    other = f"{netproof.tag}-2"
    netproof.must("up", tag=other)
    theirs = others(netproof.client, netproof)
    assert document(netproof("clean", "--keep-images", "--json"))["removed"]["hosts"] == [f"bridge-nat@{other} host"]
    assert belongings()
    assert differences(theirs, others(netproof.client, netproof)) == []
    assert netproof.remains() == []


def _of_a_lab(frame: bytes, macs: set[bytes]) -> bool:
    """Whether a frame holds a lab's MAC or IP address, as sender or receiver, in Ethernet, ARP or IPv4."""
    if frame[0:6] in macs or frame[6:12] in macs:
        return True
    ends = {b"\x08\x00": (26, 30), b"\x08\x06": (28, 38)}.get(frame[12:14], ())
    return any(frame[start : start + 4] in ADDRESSES for start in ends)


def _drained(capture: socket.socket) -> list[bytes]:
    frames = []
    while True:
        try:
            frames.append(capture.recv(65_536))
        except BlockingIOError:
            return frames


@pytest.mark.usefixtures("as_root")
def test_no_packet_of_a_lab_leaves_the_machine(netproof: User) -> None:
    """While the claims run, no frame with a lab's MAC or IP address is on the machine's interface to the outside."""
    outside = [route["dev"] for route in _ip("route", "show", "default")]
    if not outside:
        pytest.skip("needs a default route: without one no interface leads outside")
    before = network()
    netproof.must("up")
    with netproof.attached() as lab, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as capture:
        spaces = lab.snapshot()["host"]["namespaces"].values()
        macs = {
            bytes.fromhex(link["mac"].replace(":", "")) for space in spaces for link in space["links"] if link["mac"]
        }
        macs.discard(bytes(6))
        assert len(macs) >= 4, "the lab's MAC addresses are not known"
        agent = lab.agent("host")
        inside = agent.call("capture.start", place="host", interface="docker0")
        capture.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        capture.bind((outside[0], 3))  # ETH_P_ALL
        capture.settimeout(0)
        frames: list[bytes] = []
        running = netproof.start(["-m", "invoke", *netproof.words("test", "--json")])
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as control:
            control.bind((outside[0], EXPERIMENTAL))
            control.send(CONTROL)

        def over() -> bool:
            frames.extend(_drained(capture))
            return running.poll() is not None

        assert until(over, 120), "the claims did not end"
        ended = finish(running)
        assert ended.returncode == 0, ended.stderr
        frames.extend(_drained(capture))
        seen = [base64.b64decode(frame["data"]) for frame in agent.call("capture.stop", number=inside)]
        assert observe.dial(lab, "client", "203.0.113.1", 80).outcome == "answered"
    assert CONTROL in frames, "the capture does not see what leaves the machine"
    assert any(_of_a_lab(frame, set()) for frame in seen), "a lab's addresses would not be recognised"
    assert any(_of_a_lab(frame[:12], macs) for frame in seen), "a lab's MACs would not be recognised"
    assert [frame.hex() for frame in frames if _of_a_lab(frame, macs)] == []
    assert differences(before, network()) == []
