"""What the engine's documentation and its own tests say about addresses, names and MTUs, proven or refuted."""

from __future__ import annotations

import json

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.addresses.steps import is_gratuitous, link_named, place_of, start, stop, subnets_of_a_new_engine
from netproof.wait import throughout, until

OUTSIDER = "203.0.113.1"
FIXED, FIXED_MAC = "10.22.1.99", "02:42:c0:00:02:99"
HERALD, FIRST_MAC, SECOND_MAC = "10.22.1.77", "02:42:c0:00:02:01", "02:42:c0:00:02:02"
POOL = {"base": "10.200.0.0/16", "size": 24}
FORGET = ("ip neighbour flush dev eth0",) * 2  # what other tests let the witness learn
UNASKED = 1.5  # seconds for an announcement, which comes at once and every second


@pytest.mark.claim(
    "b21",
    says="an address given with --ip is reapplied when a stopped container is restarted; if it is taken, that fails",
    verdict="proven",
    source="https://docs.docker.com/reference/cli/docker/network/connect/",
)
def test_given_address_survives_a_restart(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A given address comes back, or the start fails where another has it; one the engine chose is free meanwhile."""
    change.run("witness", *FORGET)
    change.container("host", "fixed", f"--network static --ip {FIXED}")
    change.container("host", "rover", "--network static")
    before = {name: place_of(lab, name).address for name in ("fixed", "rover")}
    stop(change, "fixed", "rover")
    change.container("host", "squatter", "--network static")
    squatted = place_of(lab, "squatter").address
    start(change, "fixed", "rover")
    after = {name: place_of(lab, name).address for name in ("fixed", "rover")}
    reached = observe.ping(lab, "witness", FIXED).replies
    stop(change, "fixed")
    change.container("host", "thief", f"--network static --ip {FIXED}")
    refused = lab.run("host", "docker start fixed", limit=20)
    evidence("addresses", before)
    evidence("what a container started meanwhile got", squatted)
    evidence("addresses after a restart", after)
    evidence("starting fixed while another container has its address", refused.stderr)
    assert before["fixed"] == after["fixed"] == FIXED, "the given address did not come back"
    assert reached == 1, "nobody answers on it"
    assert squatted == before["rover"], "the address of a stopped container was kept for it"
    assert after["rover"] not in before.values(), "the container has an address that another has"
    assert refused.rc != 0, "a container was started with an address that another has"
    assert "Address already in use" in refused.stderr, f"it was refused for another reason: {refused.stderr}"


@pytest.mark.claim(
    "b22",
    says="when a container is restarted, a configured MAC address is restored, a generated one is not",
    verdict={"20.10": "partly", "26.1": "partly", "28.5": "proven"},
    source="moby integration/networking/mac_addr_test.go TestMACAddrOnRestart, TestCfgdMACAddrOnRestart",
    advice=(
        "From 28 on a MAC address that nobody configured is new at each start. Where others know a container by it "
        "(DHCP, licences, port security), set it with --mac-address."
    ),
)
def test_generated_mac_is_generated_anew(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """A configured MAC address comes back; a generated one is new at each start, or follows the IP (20.10, 26.1)."""
    change.container("host", "fixed", f"--network static --mac-address {FIXED_MAC}")
    change.container("host", "rover", "--network static")
    configured, first = place_of(lab, "fixed"), place_of(lab, "rover")
    stop(change, "fixed", "rover")
    start(change, "fixed", "rover")
    restored, same = place_of(lab, "fixed"), place_of(lab, "rover")
    stop(change, "rover")
    change.container("host", "squatter", "--network static")
    start(change, "rover")
    squatter, moved = place_of(lab, "squatter"), place_of(lab, "rover")
    evidence("configured, and after a restart", [configured, restored])
    evidence("generated, after a restart, and after one that brought another address", [first, same, moved])
    evidence("of the container that has the address now", squatter)
    assert configured.mac == restored.mac == FIXED_MAC, "the configured MAC address did not come back"
    assert first.address == same.address == squatter.address != moved.address, "the addresses did not move as planned"
    assert len({moved.mac, squatter.mac, FIXED_MAC}) == 3, "two containers have one MAC address"
    if engine == "28.5":
        assert len({place.mac for place in (first, same, moved, squatter)}) == 4, "a generated MAC address came back"
        assert all(int(place.mac[:2], 16) & 3 == 2 for place in (first, same, moved)), "it is no local unicast address"
    else:
        for place in (first, same, moved, squatter):
            derived = "02:42:" + ":".join(f"{int(part):02x}" for part in place.address.split("."))
            assert place.mac == derived, f"{place.mac} does not follow from {place.address}"


@pytest.mark.claim(
    "b23",
    says="a gratuitous ARP is sent for a new container's address, and updates the neighbours' ARP tables",
    verdict={"20.10": "absent", "26.1": "absent", "28.5": "proven"},
    source="moby integration/networking/bridge_linux_test.go TestAdvertiseAddresses",
    advice=(
        "Upgrade to 28 without a change: neighbours learn a new container's MAC address at once. On older engines, "
        "send the announcement yourself (arping -U) where an address is used again."
    ),
)
def test_new_container_is_announced(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """28.5 announces a new container's address; with 20.10 and 26.1 neighbours keep the MAC address they knew."""
    change.run("witness", *FORGET)
    options = f"--network static --ip {HERALD} --mac-address"

    def known() -> str:
        table = observe.namespace(lab, "witness").neighbours
        return next((entry.mac for entry in table if entry.address == HERALD), "")

    change.container("host", "herald", f"{options} {FIRST_MAC}")
    met = until(lambda: observe.ping(lab, "witness", HERALD).replies, 10)
    before = known()
    change.run("host", "docker rm -f herald", "true")
    with observe.capture(lab, "host", "br-static") as bridge:
        change.container("host", "heir", f"{options} {SECOND_MAC}")
        if engine == "28.5":
            bridge.wait_for(lambda packet: is_gratuitous(packet, HERALD), 10)
            after = until(lambda: known() == SECOND_MAC and known(), 10)
        else:
            throughout(lambda: known() == FIRST_MAC, UNASKED)
            after = known()
        announced = [packet for packet in bridge.frames() if is_gratuitous(packet, HERALD)]
        change.run("host", f"docker exec heir arping -q -U -c 1 -I eth0 {HERALD}", "true")
        control = bridge.wait_for(lambda packet: is_gratuitous(packet, HERALD), 10)
        late = until(lambda: known() == SECOND_MAC and known(), 10)
    evidence("the witness's entry before the container was replaced", before)
    evidence("announcements on the bridge", announced)
    evidence("its entry afterwards", after)
    evidence("its entry after an announcement by hand", late)
    assert (met, before) == (1, FIRST_MAC), "the witness did not know the first container"
    assert control, "announcements are not seen on the bridge"
    assert late == SECOND_MAC, "an announcement does not change the witness's entry"
    if engine == "28.5":
        assert {packet.smac for packet in announced} == {SECOND_MAC}, "the new container was not announced"
        assert after == SECOND_MAC, "the announcement did not change the witness's entry"
    else:
        assert not announced, "the new container was announced"
        assert after == FIRST_MAC, "the witness has learned of the new container"


@pytest.mark.claim(
    "b24",
    says="the driver option com.docker.network.endpoint.ifname sets the name of the container's interface",
    verdict={"20.10": "absent", "26.1": "absent", "28.5": "proven"},
    source="https://docs.docker.com/engine/release-notes/28/",
    advice=(
        "Look for com.docker.network.endpoint.ifname before an upgrade to 28: interfaces get that name then, and "
        "what expects eth0 in the container has to change. Older engines keep it without effect."
    ),
)
def test_interface_gets_the_wanted_name(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """With 28.5 the interface is called as the option says; 20.10 and 26.1 accept the option without effect."""
    change.container("host", "guest", "--network narrow")
    option = "--driver-opt com.docker.network.endpoint.ifname=wan0"
    change.run("host", f"docker network connect {option} --ip {FIXED} static guest", "true")
    kept = lab.engine("host").api.inspect_container("guest")["NetworkSettings"]["Networks"]["static"]["DriverOpts"]
    listed = lab.run("host", "docker exec guest ip -o -4 address show", limit=20).stdout
    names = {line.split()[3].partition("/")[0]: line.split()[1] for line in listed.splitlines()}
    evidence("the option, as the engine keeps it", kept)
    evidence("interfaces of the container", {name: address for address, name in names.items()})
    assert kept == {"com.docker.network.endpoint.ifname": "wan0"}, "the engine did not take the option"
    assert names[FIXED] == ("wan0" if engine == "28.5" else "eth1"), f"the interface is called {names[FIXED]}"


@pytest.mark.claim(
    "b28",
    says="without --subnet a network's subnet is the next of 172.17-172.31/16, then of 192.168.0.0/16 in /20s; "
    "default-address-pools replaces these; what the host uses is avoided",
    verdict="proven",
    source="https://docs.docker.com/engine/network/",
)
def test_subnets_come_from_the_pools_in_order(lab: RunningLab, evidence: Evidence) -> None:
    """A new engine takes 172.17.0.0/16 for docker0, then what follows and the host does not use, last of 192.168."""
    builtin = subnets_of_a_new_engine(lab, "{}", "172.19.0.1/16", 16)
    chosen = subnets_of_a_new_engine(lab, json.dumps({"default-address-pools": [POOL]}), "172.19.0.1/16", 3)
    evidence("docker0, then networks in the order of their creation; the host itself has 172.19.0.1/16", builtin)
    evidence(f"with default-address-pools {POOL}", chosen)
    sixteens = [f"172.{second}.0.0/16" for second in range(17, 32) if second != 19]
    assert builtin == [*sixteens, "192.168.0.0/20", "192.168.16.0/20"], "another order, or other subnets"
    assert chosen == ["10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24"], "not the pool that was set"


@pytest.mark.claim(
    "b36",
    says="com.docker.network.driver.mtu sets the MTU of the containers' network",
    verdict="proven",
    source="https://docs.docker.com/engine/network/drivers/bridge/",
)
def test_mtu_option_bounds_what_leaves_the_container(lab: RunningLab, evidence: Evidence) -> None:
    """Both ends of the container's veth get the MTU 1400: 1372 bytes of payload pass unfragmented, 1373 do not."""
    near = link_named(observe.namespace(lab, "short").links, "eth0")
    host = observe.namespace(lab, "host").links
    far = next(link for link in host if link.index == near.peer_index and link.master == "br-narrow")
    other = link_named(observe.namespace(lab, "witness").links, "eth0")
    with observe.capture(lab, "short", "eth0") as wire:
        fits = observe.ping(lab, "short", OUTSIDER, size=1372, df=True)
        over = observe.ping(lab, "short", OUTSIDER, size=1373, df=True)
        pieces = observe.ping(lab, "short", OUTSIDER, size=1373)
        sizes = sorted({packet.size for packet in wire.packets() if packet.dst == OUTSIDER})
    control = observe.ping(lab, "witness", OUTSIDER, size=1373, df=True)
    evidence(
        "MTU of the container's end, of the host's end, and on a network without the option",
        [near.mtu, far.mtu, other.mtu],
    )
    evidence("ping -M do -s 1372, -s 1373", [fits.text.splitlines()[-2], over.text])
    evidence("ping -s 1373 that may be fragmented: replies", pieces.replies)
    evidence("sizes of the packets that left the container", sizes)
    assert (near.mtu, far.mtu, other.mtu) == (1400, 1400, 1500), "the option is not the MTU of this network alone"
    assert fits.replies == 1, "a packet of 1400 bytes does not pass"
    assert (over.replies, "message too long" in over.text.lower()) == (0, True), (
        f"1401 bytes were not refused: {over.text}"
    )
    assert pieces.replies == 1, "1401 bytes do not pass in fragments either"
    assert max(sizes) == 1400, f"a packet of {max(sizes)} bytes left the container"
    assert control.replies == 1, "a network without the option does not pass 1401 bytes either"
