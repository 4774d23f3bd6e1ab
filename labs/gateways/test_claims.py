"""What the engine's documentation says about gateways, engine by engine."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab

HOST, OUTSIDER = "203.0.113.2", "203.0.113.1"
PRIVATE, PRINTER = "10.2.1.2", "10.2.2.2"
BLOCKED = 1.5  # seconds without an answer: the SYN and its first repetition
SINCE_28 = {"20.10": "absent", "26.1": "absent", "28.5": "proven"}


def default_gateways(lab: RunningLab, name: str) -> list[str]:
    """The gateways of a container's default routes."""
    routes = observe.namespace(lab, name).routes
    return [route.gateway for route in routes if route.dst == "0.0.0.0/0"]


@pytest.mark.claim(
    "b5",
    says="gateway mode routed: no NAT; published ports are reached at the container's own address",
    verdict=SINCE_28,
    source="https://docs.docker.com/engine/network/port-publishing/",
    advice=(
        "From 28 on containers on networks of gateway mode routed leave with their own addresses. Before the "
        "upgrade, give routers around the host a route to these subnets. Older engines masquerade them all the "
        "same."
    ),
)
def test_routed_network_is_reached_directly_and_one_way(lab: RunningLab, engine: str, evidence: Evidence) -> None:
    """With 28.5 containers of other networks and outsiders reach a routed one's published port; it reaches no nat one.

    20.10 and 26.1 take the option, ignore it, and publish through NAT as always.
    """
    seen = {
        "outsider → its address, published": observe.dial(lab, "outsider", PRINTER, 80, seconds=BLOCKED),
        "outsider → its address, not published": observe.dial(lab, "outsider", PRINTER, 81, seconds=BLOCKED),
        "outsider → the host's port 8080": observe.dial(lab, "outsider", HOST, 8080, seconds=BLOCKED),
        "nat container → published": observe.dial(lab, "private", PRINTER, 80, seconds=BLOCKED),
        "nat container → not published": observe.dial(lab, "private", PRINTER, 81, seconds=BLOCKED),
        "routed container → nat container": observe.dial(lab, "printer", PRIVATE, 80, seconds=BLOCKED),
        "routed container → outsider": observe.dial(lab, "printer", OUTSIDER, 80, seconds=BLOCKED),
    }
    for title, answer in seen.items():
        evidence(title, f"{answer.outcome} {answer.said}" if answer.said else answer.outcome)
    nat = [f"-A {rule.chain} {rule.rule}" for rule in observe.table(lab, "host", "nat").rules]
    evidence("rules of table nat with the routed subnet", [rule for rule in nat if "10.2.2." in rule])
    routed = engine == "28.5"
    assert [answer.outcome for answer in seen.values()] == [
        "answered",
        "timeout",
        "refused" if routed else "answered",
        "answered" if routed else "timeout",
        "timeout",
        "timeout",
        # Its packets keep their source, which the outsider must have a route to.
        "answered",
    ]
    assert seen["outsider → its address, published"].said["caller"] == OUTSIDER, "the caller's address was changed"
    wanted = PRINTER if routed else HOST
    assert seen["routed container → outsider"].said["caller"] == wanted, f"the outsider should see {wanted}"
    assert any("10.2.2." in rule for rule in nat) != routed, (
        "NAT rules for the routed network are not as they should be"
    )


@pytest.mark.claim(
    "b8",
    says="gateway mode isolated: an internal bridge has no address, and the host cannot reach its containers",
    verdict=SINCE_28,
    source="https://docs.docker.com/engine/network/drivers/bridge/",
    advice=(
        "From 28 on the host has no address on networks of gateway mode isolated. Find out what of the host talks "
        "to their containers (health checks, proxies), and take the option away where it has to."
    ),
)
def test_isolated_gateway_leaves_the_host_out(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """With 28.5 the bridge of an isolated network has no address; with 20.10 and 26.1 it has one all the same."""
    option = "com.docker.network.bridge.gateway_mode_ipv4=isolated"
    change.network(
        "host", "cell", f"--internal --subnet 10.2.9.0/24 -o {option} -o com.docker.network.bridge.name=cell"
    )
    change.container("host", "one", "--network cell --ip 10.2.9.2")
    change.container("host", "two", "--network cell --ip 10.2.9.3")
    on_bridge = [item.address for item in observe.namespace(lab, "host").addresses if item.interface == "cell"]
    addresses = [address for address in on_bridge if "." in address]
    between = lab.run("host", "docker exec one ping -n -c 1 -W 2 10.2.9.3")
    from_host = observe.ping(lab, "host", "10.2.9.2", seconds=1)
    evidence("addresses of the bridge", addresses)
    evidence("container to container", between.stdout)
    evidence("host to container", from_host.text)
    assert between.rc == 0, "the isolated network's containers do not reach each other"
    if engine == "28.5":
        assert addresses == [], "the bridge of an isolated network has an address"
        assert from_host.replies == 0, "the host reaches an isolated container"
    else:
        assert addresses == ["10.2.9.1/24"], "the bridge of an internal network should have the gateway's address"
        assert from_host.replies == 1, "the host should reach a container of an internal network"


@pytest.mark.claim(
    "b18",
    says="--gw-priority decides which network provides a container's default gateway",
    verdict=SINCE_28,
    source="https://docs.docker.com/reference/cli/docker/network/connect/",
    advice=(
        "From 28 on --gw-priority may say by which network a container leaves. Nothing changes without it; scripts "
        "that have it fail on older engines."
    ),
)
def test_gateway_priority_decides(lab: RunningLab, change: Change, engine: str, evidence: Evidence) -> None:
    """Without priorities the network that sorts first gives the gateway; with 28.5 one of higher priority does."""
    change.container("host", "pilot", "--network alpha")
    plain = lab.run("host", "docker network connect beta pilot && docker network disconnect beta pilot")
    before = default_gateways(lab, "traveller")
    assert plain.rc == 0, f"the network cannot be connected at all: {plain.stderr}"
    preferred = lab.run("host", "docker network connect --gw-priority 10 beta pilot")
    after = default_gateways(lab, "pilot@host")
    evidence("a container of alpha and beta leaves through", before)
    evidence("docker network connect --gw-priority 10 beta", preferred.stderr.splitlines()[:1] or "done")
    evidence("the other then leaves through", after)
    assert before == ["10.2.3.1"], "without priorities alpha's gateway should be used"
    if engine == "28.5":
        assert preferred.rc == 0, "the engine refuses a priority"
        assert after == ["10.2.4.1"], "the network of higher priority does not provide the gateway"
    else:
        assert preferred.rc != 0, "this engine knows --gw-priority"
        assert after == ["10.2.3.1"], "a refused command changed the gateway"


@pytest.mark.claim(
    "b19",
    says="when the network that provides the default gateway is disconnected, another one's takes its place",
    verdict="proven",
    source="https://docs.docker.com/engine/network/",
)
def test_default_gateway_moves_with_the_networks(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A container has one default gateway at a time; it moves as networks are connected and disconnected."""
    change.container("host", "wanderer", "--network beta")
    seen = [default_gateways(lab, "wanderer@host")]
    for command in ("connect alpha", "disconnect alpha", "connect alpha", "disconnect beta"):
        done = lab.run("host", f"docker network {command} wanderer")
        assert done.rc == 0, f"docker network {command}: {done.stderr}"
        seen.append(default_gateways(lab, "wanderer@host"))
    evidence("the gateway on beta, + alpha, - alpha, + alpha, - beta", [", ".join(item) or "none" for item in seen])
    assert seen == [["10.2.4.1"], ["10.2.3.1"], ["10.2.4.1"], ["10.2.3.1"], ["10.2.3.1"]]
