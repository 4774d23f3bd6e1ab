"""What the document says about macvlan networks (q7), and what is true."""

from __future__ import annotations

from functools import partial

import pytest

from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.macvlan.steps import (
    interface,
    on_eth1,
    pair_on_eth1,
    reaches,
    remove_pair,
    unanswered,
)
from netproof.wait import until

GATEWAY, HOST, FIRST, SECOND = "192.168.1.1", "192.168.1.50", "192.168.1.100", "192.168.1.101"
BEHIND_ETH1 = "192.168.3.100"


def _is(kind: str, src: str, dst: str, packet: Packet) -> bool:
    return (packet.kind, packet.src, packet.dst) == (kind, src, dst)


@pytest.mark.claim("q7.1", says="`docker run --driver macvlan --ip 192.168.1.100`", verdict="refuted")
def test_run_has_no_driver_flag(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`docker run` knows no `--driver`: a network is created with `-d macvlan`, and the container joins that one."""
    refused = lab.run("host", "docker run --driver macvlan --ip 192.168.1.102 netproof/node true", limit=20)
    change.container("host", "third", "--network macnet --ip 192.168.1.102")
    joined = lab.engine("host").api.inspect_container("third")["NetworkSettings"]["Networks"]
    driver = lab.engine("host").api.inspect_network("macnet")["Driver"]
    evidence("docker run --driver macvlan …", refused.stderr)
    evidence(
        "docker run --network macnet --ip 192.168.1.102 …", {name: end["IPAddress"] for name, end in joined.items()}
    )
    evidence("macnet's driver", driver)
    assert refused.rc == 125, f"the CLI ended with {refused.rc}"
    assert "unknown flag: --driver" in refused.stderr, "it was refused for another reason"
    assert driver == "macvlan", "macnet is no macvlan network"
    assert {name: end["IPAddress"] for name, end in joined.items()} == {"macnet": "192.168.1.102"}, "not so joined"
    assert reaches(lab, "third", GATEWAY), "a container that joined the network does not reach the gateway"


@pytest.mark.claim("q7.2", says="the container has a MAC of its own and bypasses docker0", verdict="proven")
def test_frames_leave_with_the_containers_own_mac(lab: RunningLab, evidence: Evidence) -> None:
    """The container's frames leave the host's eth0 with its own MAC and address; docker0 has no part in it."""
    mac, parent = interface(lab, "first", "eth0").mac, interface(lab, "host", "eth0")
    macs = [parent.mac, mac, interface(lab, "second", "eth0").mac]
    with (
        observe.capture(lab, "gateway", "eth0") as wire,
        observe.capture(lab, "host", "eth0") as nic,
        observe.capture(lab, "host", "docker0") as bridge,
    ):
        answer = observe.dial(lab, "first", GATEWAY, 80)
        seen = wire.wait_for(lambda packet: packet.flags == "SYN")
        passed = [packet for packet in nic.packets() if packet.flags == "SYN"]
        bridged = bridge.frames()
    ports = [link.name for link in observe.namespace(lab, "host").links if link.master == "docker0"]
    evidence("the SYN at the gateway", [f"{packet} from {packet.smac}" for packet in seen])
    evidence("the SYN on the host's eth0", passed)
    evidence("MACs of eth0, first, second", macs)
    evidence("docker0: frames, ports", f"{bridged or 'none'}, {ports or 'none'}")
    assert answer.said.get("caller") == FIRST, f"the gateway was not called from the container's address: {answer}"
    assert {(packet.src, packet.smac) for packet in seen} == {(FIRST, mac)}, "the frame has another source"
    assert passed, "the frame did not leave through eth0"
    assert len(set(macs)) == 3, "the MACs are not different"
    assert interface(lab, "first", "eth0").peer_index == parent.index, "the container's interface is not on eth0"
    assert not bridged, "docker0 saw a frame"
    assert not ports, "docker0 has a port"


@pytest.mark.claim(
    "q7.3", says="the NIC does not know how to receive frames for the container's MAC", verdict="refuted"
)
def test_the_kernel_registers_the_mac_with_the_nic(lab: RunningLab, evidence: Evidence) -> None:
    """Frames for the container reach it: the kernel puts its MAC on the NIC's list; nobody set promiscuous mode."""
    mac = interface(lab, "first", "eth0").mac
    lab.run("gateway", "ip neigh flush dev eth0")
    with observe.capture(lab, "first", "eth0") as inside:
        answered = reaches(lab, "gateway", FIRST)
        arrived = [packet for packet in inside.packets() if _is("echo", GATEWAY, FIRST, packet)]
    nic = interface(lab, "host", "eth0")
    listed = [
        item
        for item in observe.namespace(lab, "host").fdb
        if (item.interface, item.mac, item.where) == ("eth0", mac, "self")
    ]
    shown = lab.run("host", "ip link show eth0").stdout
    evidence("arrived in the container", [f"{packet} to {packet.dmac}" for packet in arrived])
    evidence("eth0's list of addresses: `bridge fdb show dev eth0`", lab.run("host", "bridge fdb show dev eth0").stdout)
    evidence("ip link show eth0", shown)
    evidence("promiscuity that the kernel counts: a NIC that cannot filter is opened by the kernel", nic.promiscuity)
    assert answered, "the gateway does not reach the container"
    assert {packet.dmac for packet in arrived} == {mac}, "the frame was not addressed to the container's MAC"
    assert [item.state for item in listed] == ["PERMANENT"], "the MAC is not on the NIC's list"
    assert "PROMISC" not in shown, "somebody set promiscuous mode"


@pytest.mark.claim(
    "q7.4", says="the switch forwards the host's frame to the container, a veth on a remote bridge", verdict="refuted"
)
def test_frames_from_the_host_go_to_the_wire_only(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The container has no veth; a frame for it from the host's eth0 goes to the switch, which does not return it."""
    first = interface(lab, "first", "eth0")
    entry = f"{FIRST} lladdr {first.mac} dev eth0 nud permanent"
    assert reaches(lab, "gateway", FIRST), "the gateway does not reach the container"
    change.run("host", f"ip neigh replace {entry}", f"ip neigh del {FIRST} dev eth0")
    with observe.capture(lab, "lan", "host-eth0") as port, observe.capture(lab, "first", "eth0") as inside:
        alone = unanswered(lab, [("host", FIRST)])
        sent = port.wait_for(partial(_is, "echo", HOST, FIRST))
        control = reaches(lab, "gateway", FIRST)
        arrived = {packet.src for packet in inside.wait_for(partial(_is, "echo", GATEWAY, FIRST))}
        arrived |= {packet.src for packet in inside.packets() if packet.kind == "echo"}
    ports = [link.name for link in observe.namespace(lab, "host").links if link.kind == "veth" and link.master]
    evidence("from the host, at the switch's port", [f"{packet} to {packet.dmac}" for packet in sent])
    evidence("pings that stayed without an answer", alone)
    evidence("who sent echoes that arrived in the container", sorted(arrived))
    evidence("the container's interface", f"{first.kind}, mode {first.details.get('mode')}")
    assert {(packet.out, packet.dmac) for packet in sent} == {(False, first.mac)}, "the frame did not reach the switch"
    assert all(alone.values()), "the host reached the container"
    assert control, "the gateway does not reach the container"
    assert arrived == {GATEWAY}, "the host's frame arrived in the container"
    assert first.kind == "macvlan", f"the container's interface is a {first.kind}"
    assert not ports, "the host has a veth in a bridge"


@pytest.mark.claim("q7.5", says="the host's ARP resolves to the macvlan interface's MAC", verdict="refuted")
def test_the_hosts_arp_is_lost_as_well(lab: RunningLab, evidence: Evidence) -> None:
    """The host's ARP request for the container goes out on the wire and never into the container: nothing resolves."""
    mac = interface(lab, "first", "eth0").mac
    lab.run("host", "ip neigh flush dev eth0")
    lab.run("gateway", "ip neigh flush dev eth0")
    with observe.capture(lab, "gateway", "eth0") as wire, observe.capture(lab, "first", "eth0") as inside:
        alone = unanswered(lab, [("host", FIRST)])
        asked = wire.wait_for(partial(_is, "request", HOST, FIRST))
        control = reaches(lab, "gateway", FIRST)
        heard = {packet.src for packet in inside.wait_for(partial(_is, "request", GATEWAY, FIRST))}
        heard |= {packet.src for packet in inside.frames() if packet.kind == "request" and packet.dst == FIRST}
    host, gateway = (
        {item.address: (item.mac, item.state) for item in observe.namespace(lab, name).neighbours}
        for name in ("host", "gateway")
    )
    none = ("", "no entry")
    evidence("the host's ARP requests on the wire", asked)
    evidence("who asked for the container, in the container", sorted(heard))
    evidence(
        "the container in the host's and in the gateway's neighbour table",
        f"{host.get(FIRST, none)}, {gateway.get(FIRST, none)}",
    )
    assert asked, "the host did not ask on the wire"
    assert all(alone.values()), "the host reached the container"
    assert control, "the gateway does not reach the container"
    assert heard == {GATEWAY}, "not exactly the gateway's request arrived in the container"
    assert host.get(FIRST, none)[0] == "", "the host resolved the container's address"
    assert gateway.get(FIRST, none)[0] == mac, "the gateway did not resolve it either"


@pytest.mark.claim("q7.6", says="`ip link set eth0 promisc on` lets host and container talk", verdict="refuted")
def test_promiscuous_mode_changes_nothing(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`promisc on` does not let them talk; a macvlan interface on the host and a /32 route through it do."""
    was = "on" if "PROMISC" in interface(lab, "host", "eth0").flags else "off"
    change.run("host", "ip link set eth0 promisc on", f"ip link set eth0 promisc {was}")
    flags = interface(lab, "host", "eth0").flags
    alone = unanswered(lab, [("host", FIRST), ("first", HOST)])
    control = reaches(lab, "gateway", FIRST)
    shim = "ip link add shim link eth0 type macvlan mode bridge && ip addr add 192.168.1.51/32 dev shim"
    change.run("host", f"{shim} && ip link set shim up && ip route add {FIRST}/32 dev shim", "ip link del shim")
    there, back = reaches(lab, "host", FIRST), reaches(lab, "first", "192.168.1.51")
    answer = observe.dial(lab, "host", FIRST, 80)
    evidence("eth0's flags", flags)
    evidence("pings without an answer with `promisc on`", alone)
    evidence("with a macvlan interface on the host", answer.text.splitlines()[-1:] or answer.outcome)
    assert "PROMISC" in flags, "promiscuous mode is not on"
    assert all(alone.values()), "promiscuous mode made a difference"
    assert control, "nobody reaches the container"
    assert there, "the host does not reach the container through a macvlan interface"
    assert back, "the container does not reach the host's macvlan interface"
    assert answer.said.get("node") == "first", f"the container did not answer the host: {answer.outcome}"


@pytest.mark.claim("q7.7", says="macvlan's mode=bridge lets the host reach the container", verdict="refuted")
def test_bridge_mode_is_the_default_and_does_not_help(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """mode=bridge is what a network has that names none, and the host reaches its containers no better with it."""
    on_eth1(change, "bridge-net", "bridge")
    change.container("host", "bridged", f"--network bridge-net --ip {BEHIND_ETH1}")
    pid = lab.engine("host").api.inspect_container("bridged")["State"]["Pid"]
    named = lab.run("host", f"nsenter -t {pid} -n ip -d link show eth0").stdout
    default = interface(lab, "first", "eth0").details["mode"]
    options = lab.engine("host").api.inspect_network("macnet")["Options"]
    control = reaches(lab, "gateway", BEHIND_ETH1)
    alone = unanswered(lab, [("host", BEHIND_ETH1), ("bridged", "192.168.3.50"), ("host", FIRST)])
    evidence("options of macnet", options)
    evidence("the kernel's mode for its containers", default)
    evidence("the kernel's mode with -o macvlan_mode=bridge", named)
    evidence("pings without an answer", alone)
    assert "macvlan_mode" not in options, "macnet names a mode"
    assert default == "bridge", f"without a mode it is {default}"
    assert "macvlan mode bridge" in named, "with mode=bridge it is another"
    assert control, "the gateway does not reach the container either"
    assert all(alone.values()), "host and container reach each other"


@pytest.mark.claim("q7.8", says="a separate interface for macvlan lets host and container talk", verdict="partly")
def test_a_separate_nic_helps_if_both_are_joined_outside(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A NIC of its own helps only where the switch outside joins it with the host's: the path leads through there."""
    network, address = on_eth1(change, "apart", subnet="192.168.2.0/24"), "192.168.2.100"
    change.container("host", "apart-a", f"--network {network} --ip {address}")
    with observe.capture(lab, "lan2", "host-eth2") as out, observe.capture(lab, "lan2", "host-eth1") as back:
        joined = reaches(lab, "host", address), reaches(lab, "apart-a", "192.168.2.50")
        left = [packet for packet in out.packets() if packet.kind == "echo" and packet.dst == address]
        came = [packet for packet in back.packets() if packet.kind == "echo" and packet.dst == address]
    change.link("lan2", "host-eth2", "down")
    control = reaches(lab, "gateway", address)
    alone = unanswered(lab, [("apart-a", "192.168.2.50")])
    evidence("at the switch's port to the host's eth2, then to eth1", [*left[:1], *came[:1]])
    evidence("pings answered: host to container, container to host", f"{joined[0]}, {joined[1]}")
    evidence("pings without an answer, the host's eth2 taken from the switch", alone)
    assert joined == (True, True), "host and container do not reach each other"
    assert {packet.out for packet in left} == {False}, "the host's frames do not come from eth2"
    assert {packet.out for packet in came} == {True}, "the switch does not send them on to eth1"
    assert control, "the container lost its own way, too"
    assert all(alone.values()), "the container reaches the host without the switch"


@pytest.mark.claim(
    "q7.9",
    says="`network create -d macvlan -o parent=eth0 macnet`, then `docker run --net macnet --ip …`",
    verdict="refuted",
)
def test_a_fixed_address_needs_a_subnet(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """In a network created without a subnet `--ip` is refused before any ping; with a subnet the ping works at once."""
    run = "docker run --rm --net {0} --ip {1} netproof/node ping -n -c 1 -w 10 192.168.3.1"
    change.network("host", "without", "-d macvlan -o parent=eth1")
    refused = lab.run("host", run.format("without", BEHIND_ETH1), limit=30)
    lab.run("host", "docker network rm without", limit=20)
    on_eth1(change, "with")
    answered = lab.run("host", run.format("with", BEHIND_ETH1), limit=30)
    evidence("in a network without --subnet", refused.stderr)
    evidence("in a network with --subnet", answered.stdout + answered.stderr)
    assert refused.rc == 125, f"docker run ended with {refused.rc}"
    assert "only when connecting to networks with user configured subnets" in refused.stderr, "refused otherwise"
    assert "PING" not in refused.stdout, "the ping was started all the same"
    assert answered.rc == 0, f"the ping failed with a subnet: {answered.stderr}"
    assert "1 received" in answered.stdout, "no answer with a subnet"


@pytest.mark.claim("q7.10", says="ping of the gateway fails, and works after `promisc on`", verdict="refuted")
def test_the_gateway_answers_without_promiscuous_mode(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The gateway answers a new container's first ping; promiscuous mode is not on, and nobody has to set it."""
    before = lab.run("host", "ip link show eth0").stdout
    ping = change.run(
        "host",
        f"docker run --rm --name fresh --net macnet --ip 192.168.1.103 netproof/node ping -n -c 1 -w 10 {GATEWAY}",
        "docker rm -f fresh >/dev/null 2>&1 || true",
    )
    after = lab.run("host", "ip link show eth0").stdout
    evidence("docker run --net macnet --ip 192.168.1.103 … ping 192.168.1.1", ping)
    evidence("ip link show eth0, before and after", f"{before}{after}")
    assert "1 received" in ping, "the gateway did not answer"
    assert "PROMISC" not in before + after, "promiscuous mode was on"


@pytest.mark.claim("q7.11", says="container to container works, the host is blocked", verdict="partly")
def test_containers_reach_each_other_in_bridge_mode(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """So it is in bridge mode; private keeps containers apart, and so does vepa unless the switch is a hairpin."""
    bridge = reaches(lab, "first", SECOND)
    blocked: dict[str, bool] = {}
    found: dict[str, bool] = {}
    for mode in ("private", "vepa"):
        pair_on_eth1(change, mode)
        gateway = reaches(lab, f"{mode}-a", "192.168.3.1") and reaches(lab, f"{mode}-b", "192.168.3.1")
        blocked |= unanswered(lab, [("host", FIRST), (f"{mode}-a", "192.168.3.101")])
        found[mode] = gateway
        if mode == "private":
            remove_pair(lab, mode)
    port = "bridge link set dev host-eth1 hairpin"
    was = "on" if "hairpin on" in lab.run("lan2", "bridge -d link show dev host-eth1").stdout else "off"
    change.run("lan2", f"{port} on", f"{port} {was}")
    reflected = reaches(lab, "vepa-a", "192.168.3.101")
    evidence("bridge: first reaches second", bridge)
    evidence("pings without an answer: from the host, and between containers in private and vepa", blocked)
    evidence("private and vepa: the gateway answers", found)
    evidence("vepa, and the switch sends frames back where they came from: containers reach each other", reflected)
    assert bridge, "containers do not reach each other in bridge mode"
    assert found == {"private": True, "vepa": True}, "containers do not reach the gateway"
    assert len(blocked) == 3, "not every way was tried"
    assert all(blocked.values()), "the host reaches a container, or private or vepa does not keep them apart"
    assert reflected, "a hairpin switch does not help vepa"


@pytest.mark.claim(
    "f7", says="all traffic on eth0 is visible to macvlan containers: how to limit that?", verdict="refuted"
)
def test_containers_see_only_what_is_for_them(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """In bridge mode even a promiscuous container sees no unicast of others, and nothing of it is to be limited; in
    mode passthru it does.
    """
    change.run("second", "ip link set eth0 promisc on", "ip link set eth0 promisc off")
    on_eth1(change, "passthru-net", "passthru")
    change.container("host", "passing", "--network passthru-net --ip 192.168.3.100")
    # Frames for a MAC that no switch knows: they go to every port, so both NICs of the host get them.
    for address, nic in (("192.168.1.99", "eth0"), ("192.168.3.99", "eth1")):
        entry = f"{address} lladdr 02:00:5e:00:53:99 dev {nic} nud permanent"
        change.run("gateway", f"ip neigh add {entry}", f"ip neigh del {address} dev {nic}")
    agent = lab.agent("host")
    passing = observe.Capture(agent, agent.call("capture.start", place="container:passing", interface="eth0"))
    with observe.capture(lab, "host", "eth0") as nic0, observe.capture(lab, "second", "eth0") as quiet:
        others = reaches(lab, "first", GATEWAY)
        lab.run("gateway", "ping -n -c 1 -W 0.2 192.168.1.99; ping -n -c 1 -W 0.2 192.168.3.99", limit=10)
        seen = passing.wait_for(partial(_is, "echo", "192.168.3.1", "192.168.3.99"))
        flooded = nic0.wait_for(partial(_is, "echo", GATEWAY, "192.168.1.99"))
        control = reaches(lab, "gateway", SECOND)
        own = until(lambda: [packet for packet in quiet.packets() if packet.kind == "echo"], 10)
        unicast = [packet for packet in quiet.frames() if not int(packet.dmac[:2], 16) & 1]
        foreign = [packet for packet in unicast if SECOND not in {packet.src, packet.dst}]
    passing.stop()
    evidence("arrived at eth0: for a stranger's MAC", flooded)
    evidence("seen by second, which is promiscuous", [*own, *foreign])
    evidence("seen by a container in mode passthru: for a stranger's MAC", seen)
    assert others, "first does not reach the gateway, so there was nothing to see"
    assert flooded, "the stranger's frame did not reach eth0"
    assert control, "the gateway does not reach second"
    assert own, "second's capture does not even see what is for second"
    assert not foreign, "second saw what was for others"
    assert seen, "the container in mode passthru did not see the stranger's frame"
