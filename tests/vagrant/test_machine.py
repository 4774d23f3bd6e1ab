"""Labs in real virtual machines, from the box to the end: `invoke test --vagrant`.

Minutes with hardware virtualisation; where the processor is emulated, a quarter of an hour. It needs root, Vagrant with
libvirt, and what `vagrant/box/build` needs; `./bootstrap --with-vagrant` installs that. The tests build on each other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from netproof import catalog
from netproof.engine.client import connect
from tests.contract import fault_per_layer
from tests.contract.conftest import User, document
from tests.vagrant.machine import Machines

pytestmark = pytest.mark.vagrant
MASQUERADE = "iptables -t nat -I POSTROUTING 1 -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody with virtual machines of their own, gone afterwards."""
    found = User(connect(), tmp_path_factory.mktemp("vagrant"))
    found.limit = 900.0
    try:
        have_box(found)
        did(found, "up")
        yield found
    finally:
        did(found, "down")
        assert not found.processes(), "a machine outlived `vagrant down`"
        found.leave()


def have_box(user: User) -> None:
    """A box of this machine's own making; NETPROOF_TEST_BOX is one that was built before, to save minutes."""
    built = os.environ.get("NETPROOF_TEST_BOX")
    if not built:
        did(user, "box")
        return
    (user.state / "vagrant").mkdir(parents=True)
    for path in Path(built).parent.glob(f"{Path(built).stem}.*"):
        shutil.copy(path, user.state / "vagrant" / f"netproof{path.name.removeprefix(Path(built).stem)}")


@pytest.fixture(scope="module")
def there(user: User) -> Machines:
    """The machines, looked at past netproof."""
    return Machines(user)


def did(user: User, *words: str) -> None:
    """Do something with the machines that has to succeed, and say how long it took."""
    began = time.monotonic()
    ended = user("vagrant", *words)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    print(f"vagrant {' '.join(words)}: {time.monotonic() - began:.0f} s")  # noqa: T201 - what was measured, with -s


def proven(user: User) -> set[str]:
    """The claims of a lab that is up; all have to pass."""
    found = document(user.must("test", "--json"))
    outcomes = {claim["id"]: claim["outcome"] for claim in found["claims"]}
    assert set(outcomes.values()) == {"passed"}, outcomes
    return set(outcomes)


def test_one_machine_is_told_from_two(user: User) -> None:
    """A lab with two hosts is refused before anything is made, and what helps is said."""
    user.about = "overlay"
    refused = user.lab("up", "--host", "vagrant")
    assert (refused.returncode, "invoke vagrant up --machines 2" in refused.stderr) == (2, True), refused.stderr
    user.about = "bridge-nat"
    refused = user.lab("up", "--host", "vagrant", "--engine", "28.5")
    assert (refused.returncode, "not 28.5" in refused.stderr) == (2, True), refused.stderr


def test_a_lab_leaves_the_machine_as_it_was(user: User, there: Machines) -> None:
    """Its network, settings, files, mounts and processes; whatever was done to the lab meanwhile."""
    user.about = "bridge-nat"
    user.must("up", "--host", "vagrant")  # what makes a machine ready stays there, so it comes first
    user.must("down")
    there.inside("node1", "touch /run/before")
    before = there.picture("node1")
    user.must("up", "--host", "vagrant", "--firewall", "legacy")
    for command in (
        "ip link add stray type dummy && ip addr add 198.51.100.7/24 dev stray && ip link set stray up",
        "ip rule add pref 100 to 198.51.100.9 lookup 100 && ip route add blackhole 198.51.100.9 table 100",
        "ip route add unreachable 198.51.100.0/25 && ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:09 dev eth0",
        "nft add table inet stray && iptables-legacy -P FORWARD DROP && ip6tables-nft -A INPUT -j DROP",
        "sysctl -w net.ipv4.ip_forward=0 net.ipv4.ip_default_ttl=7 net.netfilter.nf_conntrack_max=77",
        "echo stray >/etc/stray && echo stray >>/etc/hosts && touch /usr/local/sbin/dockerd && mount -t tmpfs x /mnt",
        "ip addr add 127.0.0.9/8 dev lo && ip addr add 2001:db8::9/128 dev lo && ip netns add stray",
        "tc qdisc add dev lo root netem delay 1ms && (setsid sleep 4321 >/dev/null 2>&1 &)",
    ):
        user.typed("host", command)
    user.must("down")
    after = there.picture("node1")
    assert [line for line in before if line not in after] == [], "gone with the lab"
    assert [line for line in after if line not in before] == [], "left by the lab"
    assert "4321" not in there.inside("node1", "pgrep -a sleep || true")


def test_no_packet_of_a_lab_leaves_the_machine(user: User, there: Machines) -> None:
    """What a lab sends to the world outside, by any route it may make, is on none of the machine's real interfaces."""
    user.about = "bridge-nat"
    user.must("up", "--host", "vagrant")
    words = "not (tcp port 22) and not arp and not (port 67 or port 68) and not icmp6 and not stp"
    there.inside("node1", f"ip netns exec mgmt tcpdump -Uni any -w /run/seen '{words}' >/dev/null 2>&1 & echo started")
    gateway = there.inside("node1", "ip -n mgmt -4 -o addr show scope global").split()[3].rpartition(".")[0] + ".1"
    for node in ("client", "host"):
        assert user.lab("exec", node, "--", f"ping -c 2 -W 1 {gateway}").returncode != 0
    user.lab("exec", "host", "--", f"ip route add default via 203.0.113.1; ping -c 2 -W 1 {gateway}; ip -br link")
    seen = there.inside("node1", "pkill tcpdump; sleep 1; tcpdump -nr /run/seen 2>/dev/null || true; rm -f /run/seen")
    assert seen == ""
    assert "mgmt" not in user.typed("host", "ip netns list").stdout
    user.must("reset")


def test_bridge_nat_holds_on_a_machine(user: User) -> None:
    """On a kernel's first network namespace, with the machine's own engine."""
    user.about = "bridge-nat"
    assert len(proven(user)) >= 10


def test_a_fault_is_repaired_on_a_machine(user: User) -> None:
    user.about = "bridge-nat"
    user.must("break", "--fault", "masquerade-deleted")
    assert user.lab("check").returncode == 1
    user.typed("host", MASQUERADE)
    assert document(user.lab("check", "--json"))["verdict"] == "solved"
    assert user.lab("diff").returncode == 0


def test_a_second_lab_is_told_whose_the_machine_is(user: User) -> None:
    user.about = "publish"
    refused = user.lab("up", "--host", "vagrant")
    assert refused.returncode != 0
    assert "invoke lab down bridge-nat" in refused.stderr
    user.about = "bridge-nat"
    user.must("status")
    user.must("down")


@pytest.mark.rest
def test_publish_holds_on_a_machine(user: User) -> None:
    user.about = "publish"
    user.must("up", "--host", "vagrant")
    proven(user)
    user.must("down")


def test_two_machines_carry_an_overlay(user: User) -> None:
    """The claims on VXLAN, over a cable between two kernels."""
    did(user, "up", "--machines", "2")
    user.about = "overlay"
    user.must("up", "--host", "vagrant")
    assert len(proven(user)) >= 12


def test_a_walk_crosses_the_machines_in_order(user: User) -> None:
    """Though each has a clock of its own: what arrives has left before."""
    found = document(user.must("walk", "left", "10.1.0.20:80", "--json"))
    assert found["outcome"] == "answered"
    for leg, way in zip(found["legs"], (("node1", "node2"), ("node2", "node1")), strict=True):
        wire = [one for one in leg["stations"] if one["place"] in way and one["name"] == "eth0"]
        assert [one["place"] for one in wire if one["kind"] == "interface"] == list(way), leg
        times = [one["at"] for one in leg["stations"] if one["at"] is not None]
        assert times == sorted(times), leg


@pytest.mark.rest
def test_a_capture_and_a_picture_reach_over_both(user: User) -> None:
    where, file = "node1:eth0,node2:eth0", str(user.state / "both.pcapng")
    words = user.words("capture", where, "--filter", "udp port 4789", "--count", "4", "--seconds", "120", "--to", file)
    capture = user.start(["-m", "invoke", *words])
    assert capture.stderr is not None
    assert "capturing" in capture.stderr.readline()
    user.typed("left", "ping -c 2 10.1.0.20")
    out, err = capture.communicate(timeout=300)
    assert "node1:eth0 2, node2:eth0 2" in out, out + err
    picture = user.must("graph", "--format", "dot").stdout
    assert picture.count("eth0 192.0.2.") == 2
    assert '"node1/host/eth0"' in picture


@pytest.mark.rest
def test_an_overlay_is_broken_and_repaired_between_machines(user: User) -> None:
    user.must("break", "--fault", "vxlan-dropped")
    assert user.lab("check").returncode == 1
    found = document(user.must("repair", "--json"))
    assert not {*found["red"], *found["different"]}, found


@pytest.mark.rest
def test_every_lab_holds_on_machines(user: User) -> None:
    """All claims, by one command."""
    user.about = "overlay"
    user.must("down")
    user.limit = 5400.0
    found = document(user("matrix", "--host", "vagrant", "--firewalls", "nft", "--json"))
    failed = {
        f"{cell['lab']} {claim['id']}": claim["failure"]
        for cell in found["cells"]
        for claim in cell["claims"]
        if claim["outcome"] != "passed"
    }
    assert not failed, failed
    assert {cell["lab"] for cell in found["cells"] if not cell["error"]} == set(catalog.names())


@pytest.mark.rest
@pytest.mark.parametrize("lab", fault_per_layer.FAULTS)
def test_a_fault_of_each_layer_is_red_on_machines_and_repaired(user: User, lab: str) -> None:
    user.about = "overlay"
    user.must("down")
    fault_per_layer.practise(user, lab, "vagrant")
    user.about = "overlay"
    user.must("up", "--host", "vagrant")


def test_a_machine_that_is_halted_under_a_lab_is_told(user: User, there: Machines) -> None:
    """Which one, and what wakes it; then the lab can be removed, and built again."""
    name = next(domain for domain in there.domains() if domain.endswith("node2"))
    there.virsh("destroy", name)
    for action in (["status"], ["test"], ["down"], ["exec", "left", "--", "true"]):
        ended = user.lab(*action)
        assert ended.returncode not in {0, 2}, action
        assert "node2" in ended.stderr, ended.stderr
        assert "invoke vagrant up" in ended.stderr
    did(user, "up", "--machines", "2")
    user.must("down")
    assert user.lab("status").returncode == 2


def test_everything_can_be_removed(user: User, there: Machines) -> None:
    """`clean` takes the tools out of the machines, too."""
    user.about = "bridge-nat"
    cleaned = user("clean", "--host", "vagrant")
    assert cleaned.returncode == 0, cleaned.stderr
    assert "the tools in node1" in cleaned.stdout
    assert there.inside("node1", "ls /var/lib/netproof 2>/dev/null || true") == ""


def test_libvirt_ran_apart(there: Machines) -> None:
    """Nothing of it is in this machine's own network."""
    if not there.apart:
        pytest.skip("this machine's own libvirt was used")
    links = subprocess.run(["ip", "-br", "link"], check=True, capture_output=True, text=True).stdout
    assert "virbr" not in links
