"""What the document says about overlay networks (q6), and what is true."""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.overlay.steps import (
    GOSSIP,
    capture_in,
    carried,
    carries,
    hidden,
    interface,
    meet,
    overlay,
    run_in,
    settle,
    throughput,
    visitor,
    vni_of,
)
from netproof.wait import throughout, until

LEFT, RIGHT, NODE1, NODE2 = "10.1.0.10", "10.1.0.20", "192.0.2.1", "192.0.2.2"
VXLAN = 4789
OVERHEAD = 50  # outer IP 20, UDP 8, VXLAN 8, inner Ethernet 14


@pytest.fixture(autouse=True)
def _settled(lab: RunningLab) -> None:
    """A swarm goes on setting itself up after it has been formed; what a test changes is compared with its end."""
    settle(lab)


@pytest.mark.claim(
    "q6.1", says="routing in the container leads to eth0, the overlay bridge interface", verdict="partly"
)
def test_the_route_leads_to_one_end_of_a_veth(lab: RunningLab, evidence: Evidence) -> None:
    """The container's route to its peer leads to eth0, which is no bridge: a veth, its other end a port of br0."""
    left = observe.namespace(lab, "left")
    eth0 = interface(left, "eth0")
    routes = [route for route in left.routes if route.table == "main" and route.dst == "10.1.0.0/24"]
    chosen = lab.run("left", f"ip route get {RIGHT}").stdout
    file, space = hidden(lab, "node1")
    ports = [link for link in space.links if link.index == eth0.peer_index and link.peer_index == eth0.index]
    evidence(f"ip route get {RIGHT}", chosen)
    evidence("left's eth0", f"{eth0.kind}, index {eth0.index}, peer {eth0.peer_index}")
    evidence(f"its other end, in {file}", [f"{link.name} in {link.master}" for link in ports])
    assert [(route.interface, route.gateway) for route in routes] == [("eth0", "")], "no connected route by eth0"
    assert " dev eth0 " in chosen, "the kernel sends elsewhere"
    assert eth0.kind == "veth", f"eth0 is a {eth0.kind}, not a veth"
    assert [(link.kind, link.master) for link in ports] == [("veth", "br0")], "its other end is no port of br0"


@pytest.mark.claim(
    "q6.2", says="the packet arrives at the overlay bridge, br0 or similar, on the host", verdict="refuted"
)
def test_the_bridge_is_in_a_namespace_of_its_own(lab: RunningLab, evidence: Evidence) -> None:
    """The host has no br0: it is in a namespace under /run/docker/netns, and the container's frames pass there."""
    prescribed = lab.run("node1", "ip link show br0")
    host = [link.name for link in observe.namespace(lab, "node1").links]
    file, space = hidden(lab, "node1")
    port = next(
        (link for link in space.links if link.peer_index == interface(observe.namespace(lab, "left"), "eth0").index),
        None,
    )
    assert port is not None, f"left's eth0 does not lead into {file}"
    assert meet(lab), "left does not reach right"
    with capture_in(lab, "node1", file, port.name) as inside, capture_in(lab, "node1", file, "vxlan0") as tunnel:
        answered = observe.ping(lab, "left", RIGHT, seconds=5).replies
        arrived = [packet for packet in inside.packets() if packet.kind == "echo" and not packet.out]
        onward = [packet for packet in tunnel.packets() if packet.kind == "echo" and packet.out]
    evidence("ip link show br0, on node1", prescribed.stdout + prescribed.stderr)
    evidence("interfaces of node1", host)
    evidence(f"interfaces in {file}", [f"{link.name} ({link.kind}) in {link.master or '-'}" for link in space.links])
    evidence(f"from left on {port.name}, then on vxlan0", [*arrived, *onward])
    assert prescribed.rc != 0, "the host has a br0"
    assert "br0" not in host, "the host has a br0"
    assert interface(space, "br0").kind == "bridge", "the engine's namespace holds no bridge br0"
    assert (port.master, interface(space, "vxlan0").master) == ("br0", "br0"), "left and the tunnel are not on br0"
    assert answered, "left does not reach right"
    assert [packet.src for packet in arrived] == [LEFT], "the frame did not come in through br0's port"
    assert [packet.src for packet in onward] == [LEFT], "the frame did not go on to vxlan0"


@pytest.mark.claim(
    "q6.3", says="the bridge doesn't know how to reach it and forwards to the VXLAN device", verdict="partly"
)
def test_the_engine_tells_the_tunnel_in_advance(lab: RunningLab, evidence: Evidence) -> None:
    """vxlan0 knows in advance: its FDB and neighbour entries are the engine's, and it answers ARP; none crosses."""
    assert meet(lab), "left does not reach right"
    _, space = hidden(lab, "node1")
    mac = interface(observe.namespace(lab, "right"), "eth0").mac
    entries = [item for item in space.fdb if item.mac == mac and item.remote]
    neighbours = [item for item in space.neighbours if item.address == RIGHT]
    proxy = interface(space, "vxlan0").details["proxy"]
    lab.run("left", "ip neigh flush dev eth0")
    lab.run("right", "ip neigh flush dev eth0")
    with observe.capture(lab, "left", "eth0") as near, observe.capture(lab, "node1", "eth0") as wire:
        answered = until(lambda: observe.ping(lab, "left", RIGHT).replies, 10)
        asked = [packet for packet in near.frames() if packet.proto == "arp" and RIGHT in {packet.src, packet.dst}]
        crossed = carried(wire.wait_for(partial(carries, "icmp", LEFT)), "icmp")
        arp = carried(wire.frames(), "arp")
    evidence("vxlan0's FDB and neighbour entries for right", [*entries, *neighbours])
    evidence("vxlan0's proxy flag", proxy)
    evidence("ARP on left's eth0", [f"{packet} from {packet.smac}" for packet in asked])
    evidence("ARP in VXLAN between the nodes", arp or "none")
    assert [(item.interface, item.remote, item.state) for item in entries] == [("vxlan0", NODE2, "PERMANENT")]
    assert [(item.interface, item.mac, item.state) for item in neighbours] == [("vxlan0", mac, "PERMANENT")]
    assert proxy == 1, "vxlan0 does not answer ARP"
    assert answered, "left does not reach right"
    assert "request" in {packet.kind for packet in asked}, "left did not ask, so nothing was answered"
    assert (RIGHT, mac) in {(packet.src, packet.smac) for packet in asked if packet.kind == "reply"}, "no answer"
    assert crossed, "the ping did not cross between the nodes"
    assert not arp, "an ARP message crossed between the nodes"


@pytest.mark.claim("q6.4", says="the outer source port is random", verdict="refuted")
def test_the_source_port_is_a_hash_of_the_flow(lab: RunningLab, evidence: Evidence) -> None:
    """The outer source port is a hash of the inner flow: the same each time for one flow, spread over many flows."""
    assert meet(lab), "left does not reach right"
    ports = range(40_001, 40_017)
    send = f"socat -u - UDP4-DATAGRAM:{RIGHT}:9000,bind={LEFT}:$port"
    loop = f"for round in 1 2; do for port in $(seq {ports[0]} {ports[-1]}); do echo x | {send}; done; done"
    found: dict[int, list[int]] = defaultdict(list)
    with observe.capture(lab, "node1", "eth0") as wire:
        sent = lab.run("left", loop, limit=60)
        until(lambda: len(carried(wire.frames(), "udp", LEFT)) >= 2 * len(ports), 10)
        for packet in carried(wire.frames(), "udp", LEFT):
            if packet.inner and packet.inner.sport and packet.sport:
                found[packet.inner.sport].append(packet.sport)
    evidence("inner source port: outer source ports, each flow sent twice", [f"{a}: {b}" for a, b in found.items()])
    evidence("node1's port range", observe.sysctl(lab, "node1", "net.ipv4.ip_local_port_range"))
    assert sent.rc == 0, f"sending failed: {sent.stderr}"
    assert {port: len(seen) for port, seen in found.items()} == dict.fromkeys(ports, 2), "datagrams are missing"
    assert all(len(set(seen)) == 1 for seen in found.values()), "one flow had several source ports"
    # Sixteen flows on some 28000 ports: that fewer than eight ports are used has no chance worth naming.
    assert len({seen[0] for seen in found.values()}) >= len(ports) / 2, "many flows share a source port"


@pytest.mark.claim("q6.5", says="UDP to port 4789 from Node1's address to Node2's carries the packet", verdict="proven")
def test_packets_cross_in_vxlan(lab: RunningLab, evidence: Evidence) -> None:
    """On the wire it is UDP to 4789 from node to node with the network's number, and inside it the containers'."""
    assert meet(lab), "left does not reach right"
    number = vni_of(lab)
    _, space = hidden(lab, "node1")
    vxlan0 = interface(space, "vxlan0")
    with observe.capture(lab, "node1", "eth0") as one, observe.capture(lab, "node2", "eth0") as two:
        answer = observe.dial(lab, "left", RIGHT, 80)
        out = carried(one.wait_for(partial(carries, "tcp", RIGHT)), "tcp", LEFT)
        back = carried(one.wait_for(partial(carries, "tcp", LEFT)), "tcp", RIGHT)
        arrived = carried(two.wait_for(partial(carries, "tcp", RIGHT)), "tcp", LEFT)
        bare = [packet for packet in one.packets() if {LEFT, RIGHT} & {packet.src, packet.dst}]
    evidence("node1's eth0, out and back", [*out[:1], *back[:1]])
    evidence("node2's eth0", arrived[:1])
    evidence("the network's number, by the engine and by vxlan0", f"{number}, {vxlan0.details['id']}")
    evidence("what right said", answer.text.splitlines()[-1:] or answer.outcome)

    def ends(packet: Packet) -> tuple[str, str, str, int | None, int | None]:
        return packet.proto, packet.src, packet.dst, packet.dport, packet.vni

    assert answer.said.get("node") == "right", f"left did not reach right: {answer.outcome}"
    assert answer.said["caller"] == LEFT, "right was called from another address"
    assert (vxlan0.details["id"], vxlan0.details["port"]) == (number, VXLAN), "vxlan0 is set up otherwise"
    assert {ends(packet) for packet in out} == {("udp", NODE1, NODE2, VXLAN, number)}, "not so on the way out"
    assert {ends(packet) for packet in back} == {("udp", NODE2, NODE1, VXLAN, number)}, "not so on the way back"
    assert {ends(packet) for packet in arrived} == {("udp", NODE1, NODE2, VXLAN, number)}, "not so at node2"
    assert not bare, "a packet with the containers' addresses was on the wire as such"


@pytest.mark.claim(
    "q6.6", says="Node 2 unwraps the packet and routes it to its local overlay bridge", verdict="refuted"
)
def test_the_receiving_node_bridges(lab: RunningLab, evidence: Evidence) -> None:
    """The receiving node bridges: the frame reaches the container with the sender's MAC and an untouched TTL."""
    assert meet(lab), "left does not reach right"
    macs = {name: interface(observe.namespace(lab, name), "eth0").mac for name in ("left", "right")}
    with observe.capture(lab, "node2", "eth0") as wire, observe.capture(lab, "right", "eth0") as end:
        answered = observe.ping(lab, "left", RIGHT, seconds=5).replies
        crossed = [packet.inner for packet in wire.packets() if carries("icmp", RIGHT, packet) and packet.inner]
        delivered = [packet for packet in end.packets() if packet.kind == "echo"]
    _, space = hidden(lab, "node2")
    evidence("in VXLAN on node2's eth0", [f"{p}, TTL {p.ttl}, {p.smac} -> {p.dmac}" for p in crossed])
    evidence("on right's eth0", [f"{p}, TTL {p.ttl}, {p.smac} -> {p.dmac}" for p in delivered])
    evidence("MACs of left and right", macs)
    expected = [(64, macs["left"], macs["right"])]
    assert answered, "left does not reach right"
    assert [(p.ttl, p.smac, p.dmac) for p in crossed] == expected, "the frame on the wire is not from left to right"
    assert [(p.ttl, p.smac, p.dmac) for p in delivered] == expected, "a router changed the frame"
    assert interface(space, "vxlan0").master == "br0", "the tunnel is no port of the bridge"


@pytest.mark.claim("q6.7", says="`docker network ls | grep overlay` lists overlay networks", verdict="partly")
def test_a_worker_lists_an_overlay_once_it_uses_it(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The manager lists every overlay; a worker lists one only once a container there uses it."""

    def listed(host: str) -> list[str]:
        return lab.run(host, "docker network ls | grep overlay", limit=20).stdout.split()

    overlay(change, "unused", "--subnet 10.2.0.0/24")
    manager, worker = listed("node1"), listed("node2")
    stays_away = throughout(lambda: "unused" not in listed("node2"), 1)
    change.container("node2", "first-user", "--network unused")
    used = until(lambda: "unused" in listed("node2"), GOSSIP)
    evidence("the manager, at once", " ".join(manager))
    evidence("the worker, before anything there uses it", " ".join(worker))
    evidence("the worker, once a container uses it", " ".join(listed("node2")))
    assert "unused" in manager, "the manager does not list the overlay"
    assert "across" in worker, "the worker does not list the overlay that it uses"
    assert stays_away, "the worker lists an overlay that it does not use"
    assert used, "the worker does not list the overlay that it uses now"


@pytest.mark.claim("q6.8", says="`ip link show` in the container shows eth0 on 10.0.0.0/24", verdict="partly")
def test_the_container_has_two_interfaces(lab: RunningLab, evidence: Evidence) -> None:
    """eth0, MTU 1450, is on the network's own subnet; eth1 is on docker_gwbridge; 10.0.0.0/24 is ingress's."""
    prescribed = lab.run("left", "ip link show").stdout
    left, node1 = observe.namespace(lab, "left"), observe.namespace(lab, "node1")
    addresses = {item.interface: item.address for item in left.addresses if ":" not in item.address}
    mtu = {link.name: link.mtu for link in left.links}
    outer = [link for link in node1.links if link.index == interface(left, "eth1").peer_index]
    ingress = lab.engine("node1").api.inspect_network("ingress")["IPAM"]["Config"]
    default = [route.interface for route in left.routes if route.table == "main" and route.dst == "0.0.0.0/0"]
    evidence("ip link show, in left", prescribed)
    evidence("addresses, MTU", f"{addresses}, {mtu}")
    evidence("the other end of eth1", [f"{link.name} in {link.master}" for link in outer])
    evidence("ingress", ingress)
    assert re.search(r"^\d+: eth0@\S+: .* mtu 1450 ", prescribed, re.MULTILINE), "`ip link` shows no eth0 of MTU 1450"
    assert "10.0.0." not in prescribed, "`ip link` shows an address"
    assert addresses["eth0"] == f"{LEFT}/24", "eth0 is not on the network's own subnet"
    assert (mtu["eth0"], mtu["eth1"]) == (1450, 1500), "the MTUs are others"
    assert [link.master for link in outer] == ["docker_gwbridge"], "eth1 is not on docker_gwbridge"
    assert default == ["eth1"], "the default route is not by eth1"
    assert [pool["Subnet"] for pool in ingress] == ["10.0.0.0/24"], "10.0.0.0/24 is not ingress's"


@pytest.mark.claim(
    "q6.9", says="on the host `ip link show` lists vxlan0, `bridge fdb show dev vxlan0` its mappings", verdict="refuted"
)
def test_the_host_does_not_show_the_tunnel(lab: RunningLab, evidence: Evidence) -> None:
    """On the host both show nothing of it; in the engine's own namespace `ip link` and `bridge fdb` do."""
    assert meet(lab), "left does not reach right"
    file, _ = hidden(lab, "node1")
    mac = interface(observe.namespace(lab, "right"), "eth0").mac
    link, fdb = lab.run("node1", "ip link show"), lab.run("node1", "bridge fdb show dev vxlan0")
    kinds = [item.kind for item in observe.namespace(lab, "node1").links]
    inside = f"nsenter --net={file} "
    link_there = lab.run("node1", f"{inside}ip -d link show vxlan0")
    fdb_there = lab.run("node1", f"{inside}bridge fdb show dev vxlan0")
    evidence("ip link show, on node1", link.stdout)
    evidence("bridge fdb show dev vxlan0, on node1", fdb.stdout + fdb.stderr)
    evidence(f"{inside}ip -d link show vxlan0", link_there.stdout)
    evidence(f"{inside}bridge fdb show dev vxlan0", fdb_there.stdout)
    assert "vxlan" not in link.stdout, "`ip link show` lists a VXLAN device"
    assert "vxlan" not in kinds, "the host has a VXLAN device"
    assert fdb.rc != 0, "`bridge fdb show dev vxlan0` works"
    assert f"vxlan id {vni_of(lab)} " in link_there.stdout, "the engine's namespace has no vxlan0 of the network"
    assert re.search(rf"^{mac} dst {NODE2} .*self permanent", fdb_there.stdout, re.MULTILINE), "right is not mapped"


@pytest.mark.claim("q6.10", says="the MAC-to-remote-host mappings are learned", verdict="partly")
def test_mappings_are_programmed_and_learned(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A container's mapping is there, permanent, before it has sent anything; learning, also on, adds what differs."""
    assert meet(lab), "left does not reach right"

    def mapped(mac: str) -> list[tuple[str, str]]:
        return [(item.remote, item.state) for item in hidden(lab, "node1")[1].fdb if item.mac == mac and item.remote]

    learning = interface(hidden(lab, "node1")[1], "vxlan0").details["learning"]
    with observe.capture(lab, "node1", "eth0") as wire:
        visitor(lab, change, "node2", "late", "10.1.0.30")
        mac = run_in(lab, "node2", "late", "cat /sys/class/net/eth0/address").strip()
        programmed = until(lambda: mapped(mac), GOSSIP)
        spoken = [packet for packet in carried(wire.frames()) if packet.inner and packet.inner.smac == mac]
    other = "02:00:5e:00:53:30"
    run_in(lab, "node2", "late", f"ip link set eth0 address {other} && ping -c 1 -W 0.2 {LEFT}")
    learned = until(lambda: mapped(other), 10)
    evidence("node1's mapping of the new container", programmed)
    evidence("VXLAN packets it had sent by then", spoken or "none")
    evidence("vxlan0's learning flag", learning)
    evidence(f"node1's mapping of {other}, once the container sent from it", learned)
    assert programmed == [(NODE2, "PERMANENT")], "the engine did not program the mapping"
    assert not spoken, "the container had sent something from which the mapping could be learned"
    assert learning == 1, "learning is off"
    assert [remote for remote, _ in learned] == [NODE2], "the address was not learned from its packet"
    assert "PERMANENT" not in {state for _, state in learned}, "the engine programmed it"


@pytest.mark.claim(
    "q6.11", says="`tcpdump -i eth0 dst port 4789` on the host shows the encapsulated packets", verdict="partly"
)
def test_tcpdump_shows_what_crosses_between_nodes(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """tcpdump shows what crosses between nodes in a network without encryption; what stays on one node is not there."""
    assert meet(lab), "left does not reach right"
    visitor(lab, change, "node1", "near", "10.1.0.40")
    command = "tcpdump -i eth0 -n -c 1 dst port 4789 and dst host 192.0.2.2"
    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(lab.run, "node1", command, None, 20)
        until(lambda: observe.ping(lab, "left", RIGHT).replies and watching.done(), 15)
        shown = watching.result()
    with observe.capture(lab, "node1", "eth0") as wire:
        nearby = until(lambda: observe.ping(lab, "left", "10.1.0.40").replies, 10)
        control = observe.ping(lab, "left", RIGHT, seconds=5).replies
        crossed = {packet.inner.dst for packet in carried(wire.frames(), "icmp", LEFT) if packet.inner}
    evidence(command, shown.stdout)
    evidence("echoes from left in VXLAN: to a neighbour on node1, then to right", sorted(crossed))
    assert re.search(rf"VXLAN, flags \[I\] \(0x08\), vni {vni_of(lab)}\b", shown.stdout), "tcpdump shows no VXLAN"
    assert f"{LEFT} > {RIGHT}: ICMP echo request" in shown.stdout, "tcpdump does not show what is inside"
    assert nearby, "left does not reach the container beside it"
    assert control, "left does not reach right"
    assert crossed == {RIGHT}, "not exactly what is for the other node crossed"


@pytest.mark.claim("q6.12", says="applications see transparent Layer 2 connectivity", verdict="partly")
def test_unknown_and_group_frames_are_not_flooded(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Containers reach each other as on one wire, by name, too; broadcast, multicast and the unknown go nowhere."""
    assert meet(lab), "left does not reach right"
    stranger = "dev eth0 lladdr 02:00:5e:00:53:78 nud permanent"
    change.run("left", f"ip neigh add 10.1.0.78 {stranger}", "ip neigh del 10.1.0.78 dev eth0")
    file, _ = hidden(lab, "node1")
    nowhere = {"10.1.0.77": "", "10.1.0.78": "", "10.1.0.255": "-b", "224.0.0.1": "-I eth0"}
    with capture_in(lab, "node1", file, "vxlan0") as tunnel, observe.capture(lab, "node1", "eth0") as wire:
        for address, options in nowhere.items():
            lab.run("left", f"ping -n -c 1 -W 0.2 {options} {address}", limit=10)
        until(lambda: nowhere.keys() <= {frame.dst for frame in tunnel.frames()}, 10)
        control = observe.ping(lab, "left", RIGHT, seconds=5).replies
        offered = [frame for frame in tunnel.frames() if frame.dst in nowhere]
        crossed = carried(wire.wait_for(partial(carries, "icmp", RIGHT)), src=LEFT)
        crossed += [packet for packet in carried(wire.frames()) if packet.inner and packet.inner.dst in nowhere]
    name = lab.run("left", "getent hosts right").stdout.split()
    evidence("what br0 handed to vxlan0", [f"{frame}, to {frame.dmac}" for frame in offered])
    evidence("what crossed to the other node", crossed)
    evidence("getent hosts right, in left", " ".join(name))
    assert {frame.dst for frame in offered} == nowhere.keys(), "not every frame reached vxlan0"
    assert control, "left does not reach right"
    assert {packet.inner.dst for packet in crossed if packet.inner} == {RIGHT}, "frames to nobody known crossed"
    assert name == [RIGHT, "right"], "right is not found by its name"


@pytest.mark.claim("f6", says="VXLAN adds 50 bytes per packet: what do they cost?", verdict="proven")
def test_fifty_bytes_are_taken_from_the_mtu(lab: RunningLab, evidence: Evidence) -> None:
    """They leave 1450 of 1500 bytes: an unfragmented ping of 1422 bytes passes and fills the wire, 1423 is refused."""
    assert meet(lab), "left does not reach right"
    with observe.capture(lab, "node1", "eth0") as wire, observe.capture(lab, "left", "eth0") as near:
        fits = observe.ping(lab, "left", RIGHT, size=1422, df=True, seconds=5)
        full = carried(wire.wait_for(partial(carries, "icmp", RIGHT)), "icmp", LEFT)
        before = len(near.packets())
        refused = observe.ping(lab, "left", RIGHT, size=1423, df=True, seconds=0.5)
        after = len([packet for packet in near.packets()[before:] if packet.kind == "echo"])
    sizes = {(packet.size, packet.inner.size) for packet in full if packet.inner}
    mtu = interface(observe.namespace(lab, "node1"), "eth0").mtu
    evidence("ping -M do -s 1422", fits.text)
    evidence("ping -M do -s 1423", refused.text)
    evidence("sizes of the IP packets, outer and inner", sorted(sizes))
    evidence("throughput, containers over the overlay", throughput(lab, "left", "right", RIGHT))
    evidence("throughput, nodes over the wire", throughput(lab, "node1", "node2", NODE2))
    vxlan0 = interface(hidden(lab, "node1")[1], "vxlan0")
    evidence(
        "to watch it: packets of vxlan0 in, out, and dropped on the way out",
        f"{vxlan0.rx_packets}, {vxlan0.tx_packets}, {vxlan0.tx_dropped}",
    )
    assert fits.replies == 1, "1422 bytes do not pass"
    assert sizes == {(mtu, mtu - OVERHEAD)}, "the outer packet is not 50 bytes larger and as large as the wire's MTU"
    assert refused.replies == 0, "1423 bytes pass"
    assert "too long" in refused.text, f"1423 bytes were not refused for their length: {refused.text}"
    assert after == 0, "a packet of 1423 bytes left all the same"
