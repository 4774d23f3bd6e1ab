"""What the document says about a container without a network that gets one (q4), and what is true."""

from __future__ import annotations

import json

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.none.steps import WATCHED_CONNECT, links_of, routes, veth_events

BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition
PEERS = {"10.4.1.10": "red-peer", "10.4.2.10": "green-peer", "10.4.3.10": "blue-peer"}
BEYOND = "10.4.4.20"
REFUSAL = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
MOVED_OR_MADE = {"20.10": "proven", "26.1": "proven", "28.5": "partly"}


@pytest.mark.claim("q4.1", says="`docker network connect` adds an interface to a `none` container", verdict="refuted")
def test_connect_is_refused_until_none_is_left(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The engine refuses to connect a `none` container; after `docker network disconnect none` it connects it."""
    # A container of its own: the engine leaves its DNS server in one that was on a user-defined network.
    change.container("host", "late", "--network none")
    before = lab.engine("host").api.inspect_container("late")["State"]
    prescribed = lab.run("host", "docker network connect green late", limit=20)
    untouched = [link["ifname"] for link in links_of(lab, "late")]
    lab.run("host", "docker network disconnect none late", limit=20)
    connected = lab.run("host", "docker network connect --ip 10.4.2.99 green late", limit=20)
    got = [address for link in links_of(lab, "late") for address in link["ipv4"] if link["ifname"] != "lo"]
    answer = lab.run("host", "docker exec late curl -s --max-time 5 http://10.4.2.10/", limit=20)
    after = lab.engine("host").api.inspect_container("late")["State"]
    evidence("docker network connect green late", prescribed.stderr)
    evidence("after `docker network disconnect none late`, connected", got)
    evidence("who answers it now, and whom it saw", answer.stdout)
    evidence("started, pid: before and after", [f"{state['StartedAt']} {state['Pid']}" for state in (before, after)])
    assert prescribed.rc != 0, "the engine connected a container of the network none"
    assert REFUSAL in prescribed.stderr, f"it was refused for another reason: {prescribed.stderr}"
    assert untouched == ["lo"], f"the refused connection left {untouched} behind"
    assert connected.rc == 0, f"it is refused even without the network none: {connected.stderr}"
    assert got == ["10.4.2.99/24"], f"the connection should bring one interface with the wanted address, it has {got}"
    assert json.loads(answer.stdout or "{}").get("caller") == "10.4.2.99", "the new interface reaches nobody"
    assert (before["Pid"], before["StartedAt"]) == (after["Pid"], after["StartedAt"]), "the container was restarted"


@pytest.mark.claim("q4.2", says="with `--network none` a container has only loopback, no eth0", verdict="proven")
def test_none_is_loopback_alone(lab: RunningLab, evidence: Evidence) -> None:
    """A `none` container has lo and 127.0.0.1, no other interface and no route, so that it reaches nobody else."""
    inside = observe.namespace(lab, "alone")
    links = [link.name for link in inside.links]
    addresses = [item.address for item in inside.addresses if ":" not in item.address]
    itself = observe.ping(lab, "alone", "127.0.0.1")
    out = observe.dial(lab, "alone", "10.4.2.10", 80)
    control = observe.dial(lab, "hub", "10.4.2.10", 80)
    evidence("interfaces and IPv4 addresses", [*links, *addresses])
    evidence("routes", routes(lab, "alone"))
    evidence("connecting to another container", f"{out.outcome} ({out.errno})")
    assert links == ["lo"], f"there are other interfaces than lo: {links}"
    assert addresses == ["127.0.0.1/8"], f"there are other addresses than lo's: {addresses}"
    assert not routes(lab, "alone"), "it has a route"
    assert itself.replies == 1, "not even lo answers"
    assert out.errno == "ENETUNREACH", f"there should be no route to anybody, there was {out.outcome} {out.errno}"
    assert control.outcome == "answered", "the server answers nobody"


@pytest.mark.claim(
    "q4.3",
    says="connecting makes a veth pair, puts one end into the bridge, moves the other into the container's namespace",
    verdict=MOVED_OR_MADE,
    advice=(
        "Only what watches the host for both ends of a new veth pair is concerned: from 28 on the container's end "
        "never shows there. Watch the bridge's ports."
    ),
)
def test_the_other_end_is_moved_or_made_inside(
    lab: RunningLab, change: Change, engine: str, evidence: Evidence
) -> None:
    """One end of a new veth pair joins the bridge; the other is moved into the container, or with 28.5 made in it."""
    change.container("host", "late", "--network none")
    lab.run("host", "docker network disconnect none late", limit=20)
    older = {link.index for link in observe.namespace(lab, "host").links}
    heard = veth_events(lab.run("host", WATCHED_CONNECT.format(network="green", container="late"), limit=60).stdout)
    # Bridges tell of the ports they have had all along, too.
    events = [event for event in heard if event.index not in older]
    moved = [event for event in events if event.gone]
    bridge = f"br-{lab.engine('host').api.inspect_network('green')['Id'][:12]}"
    near = [link for link in observe.namespace(lab, "host").links if link.index in {event.index for event in events}]
    far = [link for link in links_of(lab, "late") if link["ifname"] != "lo"]
    evidence("what the kernel told the host's namespace about veths", events)
    evidence("what stayed there", [f"{link.index}: {link.name} master {link.master}" for link in near])
    evidence("the container's end", [f"{link['ifindex']}: {link['ifname']} peer {link['link_index']}" for link in far])
    assert len(near) == len(far) == 1, "there is not one end on the host and one in the container"
    assert (near[0].kind, near[0].master) == ("veth", bridge), "the host's end is no veth in the network's bridge"
    assert far[0]["link_index"] == near[0].index, "the two ends are not of one pair"
    if engine == "28.5":
        assert {event.name for event in events} == {near[0].name}, "another veth was seen in the host's namespace"
        assert not moved, "an interface left the host's namespace"
    else:
        assert len({event.index for event in events}) == 2, "the host's namespace did not see both ends made"
        assert [(event.index, event.moved) for event in moved] == [(far[0]["ifindex"], True)], (
            "no end was moved elsewhere"
        )
        assert near[0].peer_index == moved[0].index, "what was moved is not the peer of what stayed"


@pytest.mark.claim(
    "f4", says="a container on three networks: are all reachable, are routes generated?", verdict="proven"
)
def test_three_networks_are_three_connected_routes(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """All three are reached, by a connected route each; there is one default route, and none behind a peer."""
    table = routes(lab, "hub")
    connected = sorted(route.dst for route in table if not route.gateway)
    defaults = [route for route in table if route.dst == "0.0.0.0/0"]
    assert len(defaults) == 1, f"there are {len(defaults)} default routes"
    answers = {address: observe.dial(lab, "hub", address, 80).said for address in PEERS}
    with observe.capture(lab, "hub", defaults[0].interface) as left, observe.capture(lab, "beyond", "eth0") as there:
        behind = observe.dial(lab, "hub", BEYOND, 80, seconds=BLOCKED)
        sent = [packet for packet in left.packets() if packet.sport == behind.port]
        arrived = [packet for packet in there.packets() if packet.sport == behind.port]
    control = observe.dial(lab, "blue-peer", BEYOND, 80)
    routed = _dial_with_routes(lab, change)
    evidence("the routes of hub", [f"{route.dst} {route.gateway} dev {route.interface}" for route in table])
    evidence("who answers, and whom it saw", answers)
    evidence("to the network behind blue-peer", [behind.outcome, *sent])
    evidence("the same from blue-peer, which is on it", control.said or control.outcome)
    evidence("the same with routes added by hand at both ends", routed.said or routed.outcome)
    assert connected == ["10.4.1.0/24", "10.4.2.0/24", "10.4.3.0/24"], f"connected routes lead to {connected}"
    assert defaults[0].gateway in {"10.4.1.1", "10.4.2.1", "10.4.3.1"}, "the default route is not to one of the bridges"
    assert {address: said.get("node") for address, said in answers.items()} == PEERS, "a peer does not answer"
    assert all(address.startswith(said["caller"][:7]) for address, said in answers.items()), (
        "a peer was called from another network's address"
    )
    assert sent, "nothing left hub for the network behind its peer"
    assert (behind.outcome, arrived) == ("timeout", []), "the network behind a peer was reached without a route"
    assert control.outcome == "answered", "the network behind the peer answers nobody"
    assert routed.said.get("node") == "beyond", f"routes were not what was missing: {routed.outcome}"


def _dial_with_routes(lab: RunningLab, change: Change) -> observe.Answer:
    """Reach what is behind blue-peer through it, with routes at both ends."""
    if observe.namespace(lab, "host").sysctls.get("net.bridge.bridge-nf-call-iptables") == "1":
        # The engine's rules would take the bridged packet for one from a wrong bridge.
        change.sysctl("host", "net.bridge.bridge-nf-call-iptables", "0")
    if observe.sysctl(lab, "blue-peer", "net.ipv4.ip_forward") != "1":
        change.sysctl("blue-peer", "net.ipv4.ip_forward", "1")
    change.run("hub", "ip route add 10.4.4.0/24 via 10.4.3.10", "ip route del 10.4.4.0/24")
    change.run("beyond", "ip route add 10.4.3.0/24 via 10.4.4.10", "ip route del 10.4.3.0/24")
    return observe.dial(lab, "hub", BEYOND, 80)
