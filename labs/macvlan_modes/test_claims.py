"""What the engine's documentation says about the modes of macvlan and ipvlan, and what is true."""

from __future__ import annotations

import re

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.macvlan_modes.steps import (
    arrows,
    interface,
    ipvlan_pair,
    reached,
    remove_pair,
    run_in,
    silent,
    try_container,
    try_network,
)

MODES = {"bridge-a": "bridge", "private-a": "private", "vepa-a": "vepa", "mirror-a": "vepa", "passing": "passthru"}
OUT = [
    ("bridge-a", "192.0.2.1"),
    ("private-a", "192.0.2.65"),
    ("private-b", "192.0.2.65"),
    ("vepa-a", "192.0.2.129"),
    ("vepa-b", "192.0.2.129"),
    ("mirror-a", "198.51.100.1"),
    ("passing", "192.0.2.193"),
]
TOGETHER = [("bridge-a", "192.0.2.11"), ("mirror-a", "198.51.100.11")]
APART = [("private-a", "192.0.2.75"), ("vepa-a", "192.0.2.139")]


def _modes_reach_whom_they_should(lab: RunningLab, evidence: Evidence) -> None:
    modes = {name: interface(lab, name).details["mode"] for name in MODES}
    with observe.capture(lab, "lan", "host-eth0") as lan, observe.capture(lab, "mirror", "host-eth4") as mirror:
        out = reached(lab, *OUT)
        together = reached(lab, *TOGETHER)
        apart = silent(lab, *APART)
        mirrored = mirror.wait_for(lambda packet: packet.kind == "echo" and packet.dst == TOGETHER[1][1])
        wired = [packet for packet in lan.packets() if packet.dst == TOGETHER[0][1]]
    evidence("the kernel's mode of each", modes)
    evidence("pings to the neighbour that were answered", arrows(out))
    evidence("containers of one network that reach each other", arrows(together))
    evidence("containers of one network that do not", arrows(apart))
    evidence("bridge-a to bridge-b at the switch", wired or "nothing")
    evidence(
        "mirror-a to mirror-b at the switch", [f"{packet}, {'out' if packet.out else 'in'}" for packet in mirrored]
    )
    assert modes == MODES, "the kernel's modes are not those of the networks"
    assert out == OUT, "not every container reaches the neighbour"
    assert together == TOGETHER, "bridge, or vepa at a switch that sends frames back, does not join its containers"
    assert apart == APART, "private, or vepa at a plain switch, does not keep its containers apart"
    assert not wired, "in bridge mode the containers' frames went to the switch"
    assert {packet.out for packet in mirrored} == {False, True}, (
        "in vepa mode the frame did not go to the switch and back"
    )


def _passthru_has_one(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    refused = try_container(lab, change, "second", "--network passthru-net --ip 192.0.2.203")
    mac, parent = interface(lab, "passing").mac, interface(lab, "host", "eth3")
    evidence("a second container in passthru-net", refused.stderr)
    evidence("MACs of the container and of its parent", f"{mac}, {parent.mac}")
    assert refused.rc != 0, "a second container joined a network of mode passthru"
    assert parent.mac == mac, "the parent did not take the container's MAC over"


def _bridge_is_the_default(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    change.network("host", "plain-net", "-d macvlan -o parent=eth5 --subnet 203.0.113.0/25 --gateway 203.0.113.1")
    change.container("host", "plain", "--network plain-net --ip 203.0.113.20")
    shown = run_in(lab, "plain", "ip -d link show eth0").stdout
    evidence("eth0 in a network that names no mode", shown)
    assert "macvlan mode bridge " in shown, "bridge is not the default mode"


def _sub_interface(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    vlan = lab.features("host")["vlan"]
    made = try_network(lab, change, "tagged", "-d macvlan -o parent=eth0.10 --subnet 203.0.113.128/26")
    shown = lab.run("host", "ip -d link show eth0.10").stdout
    evidence("a network with parent eth0.10", made.stderr or shown)
    evidence("VLANs in this kernel", vlan["why"] or "yes")
    assert (made.rc == 0) == vlan["works"], "the engine and the kernel disagree on VLANs"
    assert ("vlan protocol 802.1Q id 10 " in shown) == vlan["works"], "the engine did not make the sub-interface"


@pytest.mark.claim(
    "b31",
    says="`macvlan_mode` is one of bridge, which is the default, vepa, passthru, private",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/macvlan/",
)
def test_modes_decide_who_reaches_whom(lab: RunningLab, change: Change, evidence: Evidence, engine: str) -> None:
    """bridge, the default, joins containers, vepa does at a hairpin switch alone; private keeps them apart at a plain
    switch, and passthru has only one.
    """
    _modes_reach_whom_they_should(lab, evidence)
    _passthru_has_one(lab, change, evidence)
    _bridge_is_the_default(lab, change, evidence)
    _sub_interface(lab, change, evidence)
    shared = try_network(lab, change, "shared", "-d macvlan -o parent=eth0 --subnet 203.0.113.192/27")
    taken = try_network(lab, change, "taken", "-d macvlan -o parent=eth3 --subnet 203.0.113.224/27")
    greedy = "-d macvlan -o parent=eth1 -o macvlan_mode=passthru --subnet 203.0.113.224/27"
    refused = try_network(lab, change, "greedy", greedy)
    evidence("a second network on eth0", shared.stderr or "made")
    evidence("a second network on eth3, whose first is passthru", taken.stderr or "made")
    evidence("a second network on eth1, passthru", refused.stderr or "made")
    assert (shared.rc == 0) is (engine == "28.5"), "sharing a parent is not what this engine has"
    assert engine == "28.5" or "already using parent interface eth0" in shared.stderr, "refused for another reason"
    assert taken.rc != 0, "a parent in mode passthru is shared"
    assert refused.rc != 0, "a parent that is in use was given to a network of mode passthru"
    assert "already using parent interface eth3" in taken.stderr, "refused for another reason"
    assert "already using parent interface eth1" in refused.stderr, "refused for another reason"


@pytest.mark.claim(
    "b32",
    says="in ipvlan's mode l2 containers are on their parent's network; in l3 it routes between their subnets",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/ipvlan/",
    needs=["ipvlan"],
)
def test_ipvlan_shares_the_parents_mac(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """ipvlan containers have their parent's MAC; l2 answers ARP on its network, l3 does not and joins subnets."""
    parent = interface(lab, "host", "eth5").mac
    ipvlan_pair(change, "l2", ["203.0.113.0/25"], ["203.0.113.10", "203.0.113.11"])
    shown = {"l2": run_in(lab, "l2-a", "ip -d link show eth0").stdout}
    lab.run("neighbour", "ip neigh flush dev eth2")
    on_link = [("l2-a", "203.0.113.11"), ("l2-a", "203.0.113.1"), ("neighbour", "203.0.113.10")]
    with observe.capture(lab, "neighbour", "eth2") as wire:
        joined = reached(lab, *on_link)
        senders = {packet.smac for packet in wire.packets() if packet.src.startswith("203.0.113.1") and not packet.out}
    learned = {item.address: item.mac for item in observe.namespace(lab, "neighbour").neighbours}
    blocked = silent(lab, ("host", "203.0.113.10"))
    remove_pair(lab, "l2")
    ipvlan_pair(change, "l3", ["203.0.113.128/26", "203.0.113.192/26"], ["203.0.113.130", "203.0.113.194"])
    shown["l3"] = run_in(lab, "l3-a", "ip -d link show eth0").stdout
    across = [("l3-a", "203.0.113.194"), ("l3-b", "203.0.113.130"), ("neighbour", "203.0.113.130")]
    routed = reached(lab, *across)
    evidence("eth0 in mode l2, then l3", [*shown.values()])
    evidence("the parent's MAC, and the senders the neighbour saw", f"{parent}, {sorted(senders)}")
    evidence("l2: answered pings", arrows(joined))
    evidence("l2: pings from the host without an answer", arrows(blocked))
    evidence("l3: answered pings, also between its two subnets", arrows(routed))
    assert all(parent in text for text in shown.values()), "a container has a MAC of its own"
    assert [re.findall(r"ipvlan +mode (\w+) ", text) for text in shown.values()] == [["l2"], ["l3"]], "other modes"
    assert ["NOARP" in text for text in shown.values()] == [False, True], "ARP is not for l2 alone"
    assert joined == on_link, "in mode l2 the container is not on its parent's network"
    assert senders == {parent}, "a frame had another sender than the parent"
    assert learned.get("203.0.113.10") == parent, "the container did not answer ARP with its parent's MAC"
    assert blocked == [("host", "203.0.113.10")], "the host reaches the container through the parent"
    assert routed == across, "in mode l3 subnets are not joined, or not reached by a route to the host"
