"""Who takes what arrived: by address, port, family and interface, after translation; and what relays ask in turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netproof.build.parts.routing_mesh import SERVICE
from netproof.fixtures.labs import Labs, built
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.lab.running import RunningLab
from netproof.walk import walk
from tests.contract.walking import changed, container, died, rule, server

pytestmark = pytest.mark.rest

CELLS = [*((engine, "nft") for engine in ENGINES), (DEFAULT_ENGINE, "legacy")]
PUBLISHED = "203.0.113.100:8080"
REDIRECTED = "s = socket.socket(); s.bind(('', 18081)); s.listen(5)"
ONLY = "TCP4-LISTEN:{0},bind=127.0.0.1,fork EXEC:cat"


@pytest.fixture(scope="module", params=CELLS, ids="-".join)
def cell(request: pytest.FixtureRequest) -> Iterator[RunningLab]:
    """publish on one engine with one flavour of iptables."""
    with built(*request.param) as labs:
        yield labs["publish"]


@pytest.fixture(scope="module")
def labs() -> Iterator[Labs]:
    """Labs on the usual engine."""
    with built(DEFAULT_ENGINE, "nft") as found:
        yield found


@pytest.fixture
def publish(labs: Labs) -> RunningLab:
    """publish on the usual engine."""
    return labs["publish"]


def test_a_redirected_port_is_asked_of_who_listens_on_the_new_one(cell: RunningLab) -> None:
    """With nobody there the walk died, and says what the destination became; with somebody it names him."""
    with rule(cell, "-t nat -I PREROUTING -i eth0 -p tcp --dport 8080 -j REDIRECT --to-ports 18081"):
        found = walk(cell, "client", PUBLISHED)
        assert died(found).why == "Nobody in host listens on tcp port 18081."
        assert "203.0.113.100:18081" in {one.after_target for one in found.legs[0].stations}
        with server(cell, "host", 18081, REDIRECTED):
            found = walk(cell, "client", PUBLISHED)
    assert found.legs[0].stations[-1].text.startswith("python3 ")
    assert not any("docker-proxy" in one.text for one in found.stations)


def test_a_destination_that_output_translates_is_asked_there(cell: RunningLab) -> None:
    """The host's own packets meet DNAT in OUTPUT."""
    with rule(cell, "-t nat -I OUTPUT -p tcp -d 203.0.113.1 --dport 8080 -j DNAT --to-destination 10.0.0.2:81"):
        death = died(walk(cell, "host", "203.0.113.1:8080"))
    assert (death.place, death.why) == ("web", "Nobody in web listens on tcp port 81.")


def test_a_packet_that_tproxy_hands_over_is_asked_of_its_socket(cell: RunningLab) -> None:
    """Its destination stays; the port that matters is the rule's. Without a transparent socket the rule drops it."""
    script = "s = socket.socket(); s.setsockopt(0, 19, 1); s.bind(('', 7778)); s.listen(5)"
    with rule(cell, "-t mangle -I PREROUTING -i eth0 -p tcp --dport 7777 -j TPROXY --on-port 7778 --tproxy-mark 1"):
        with server(cell, "host", 7778, script):
            found = walk(cell, "client", "203.0.113.100:7777")
        death = died(walk(cell, "client", "203.0.113.100:7777"))
    assert "python3" in found.legs[0].stations[-1].text
    assert found.legs[0].stations[-1].text.endswith("listens on tcp port 7778")
    assert (death.layer, "port 7778" in death.why) == ("process", True)


def test_a_port_that_only_ipv6_has_is_no_listener_of_ipv4(cell: RunningLab) -> None:
    """When the docker-proxy of IPv4 was killed, the one of IPv6 does not answer in its stead."""
    with container(cell, "half", "-p 8099:80", "serve half http:80:0.0.0.0"):
        cell.run("host", "kill $(pgrep -f 'docker-proxy.*-host-ip 0.0.0.0 -host-port 8099')")
        death = died(walk(cell, "host", "127.0.0.1:8099"))
        assert death.why.startswith("Nobody in host listens on 127.0.0.1 tcp port 8099; docker-proxy (pid ")
        assert death.why.endswith(") listens on [::]:8099 (IPv6) only.")


def test_a_server_on_loopback_alone_is_told(cell: RunningLab) -> None:
    """Whether it is asked by way of DNAT or by docker-proxy, which is refused in turn."""
    with container(cell, "inward", "-p 8098:8098", f"socat {ONLY.format(8098)}"):
        forwarded = died(walk(cell, "client", "203.0.113.100:8098"))
        relayed = died(walk(cell, "host", "127.0.0.1:8098"))
    assert (forwarded.place, relayed.place) == ("inward", "inward")
    assert forwarded.why.endswith("container inward) listens on 127.0.0.1:8098 only.")
    assert "asked 10.0.0.6:8098 in turn and was refused: nobody in inward listens on 10.0.0.6 tcp port" in relayed.why


@pytest.mark.parametrize("proto", ["tcp", "udp"])
def test_a_relay_that_was_refused_is_told(cell: RunningLab, proto: str) -> None:
    """docker-proxy took it; the container's port is closed."""
    with container(cell, "closed", f"-p 8097:80/{proto}", "sleep 600"):
        found = walk(cell, "host", "127.0.0.1:8097", proto=proto)
    death = died(found)
    assert (death.place, death.layer) == ("closed", "process")
    assert death.why.endswith(f"nobody in closed listens on {proto} port 80.")
    assert "relay" in [leg.direction for leg in found.legs]


def test_a_relay_whose_question_is_dropped_is_told(publish: RunningLab) -> None:
    """A relay's leg dies as any does: here by a rule in front of the container."""
    with rule(publish, "-I OUTPUT -o docker0 -p tcp --dport 80 -j DROP"):
        death = died(walk(publish, "host", "127.0.0.1:8080"))
    assert (death.place, death.layer) == ("host", "filter")
    assert "asked 10.0.0.2:80 in turn and got no answer" in death.why


@pytest.mark.parametrize(
    ("script", "proto", "says"),
    [
        (
            "s = socket.socket(); s.setsockopt(1, 25, b'docker0'); s.bind(('', 7002)); s.listen(5)",
            "tcp",
            "listens on 0.0.0.0:7002 on docker0 only.",
        ),
        (
            "s = socket.socket(10); s.setsockopt(41, 26, 1); s.bind(('::', 7002)); s.listen(5)",
            "tcp",
            "listens on [::]:7002 (IPv6) only.",
        ),
        ("s = socket.socket(); s.bind(('10.0.0.1', 7002)); s.listen(5)", "tcp", "listens on 10.0.0.1:7002 only."),
        (
            "s = socket.socket(2, 2); s.bind(('', 7002)); s.connect(('10.0.0.3', 999))",
            "udp",
            "listens on 10.0.0.1:7002 from 10.0.0.3:999 only.",
        ),
    ],
    ids=["device", "v6only", "address", "connected"],
)
def test_what_a_socket_is_bound_to_decides(publish: RunningLab, script: str, proto: str, says: str) -> None:
    """An interface, a family, an address, a peer: a listener with another one is none."""
    with server(publish, "host", 7002, script, proto):
        death = died(walk(publish, "client", "203.0.113.100:7002", proto=proto))
    assert death.why.startswith(f"Nobody in host listens on 203.0.113.100 {proto} port 7002; python3 ")
    assert death.why.endswith(says)


def test_a_listener_of_both_families_takes_ipv4(publish: RunningLab) -> None:
    """Bound to `::` without IPV6_V6ONLY."""
    script = "s = socket.socket(10); s.setsockopt(41, 26, 0); s.bind(('::', 7003)); s.listen(5)"
    with server(publish, "host", 7003, script):
        found = walk(publish, "client", "203.0.113.100:7003")
    assert "python3" in found.legs[0].stations[-1].text
    assert "the program there does not answer" in died(found).why


def test_a_full_backlog_is_told(publish: RunningLab) -> None:
    """The program does not accept, and its queue is full: the kernel drops what comes."""
    script = (
        "s = socket.socket(); s.bind(('', 7004)); s.listen(1); c = [socket.socket() for _ in range(3)]\n"
        "[(one.setblocking(False), one.connect_ex(('127.0.0.1', 7004))) for one in c]"
    )
    with server(publish, "host", 7004, script):
        death = died(walk(publish, "client", "203.0.113.100:7004"))
    assert "does not accept: 2 connections wait, more than its backlog of 1." in death.why


def test_a_listener_on_ipv6_loopback_alone_is_told(labs: Labs) -> None:
    """As for IPv4."""
    ipv6 = labs["ipv6"]
    script = "s = socket.socket(10); s.bind(('::1', 7005)); s.listen(5)"
    with server(ipv6, "host", 7005, script):
        death = died(walk(ipv6, "outsider", "[2001:db8::2]:7005"))
    assert death.why.endswith("listens on [::1]:7005 only.")


def test_a_service_whose_port_lacks_ipvs_is_told(labs: Labs) -> None:
    """Nothing but the kernel is to blame for a published port that does not answer."""
    swarm = labs["swarm-ingress"]
    if swarm.features("node1")["ipvs"]["works"]:
        pytest.skip("this kernel has IPVS")
    create = f"{SERVICE.format(name='web', options='--publish published=8080,target=80')} serve web http:80:0.0.0.0"
    with changed(swarm, "node1", create, "docker service rm web"):
        death = died(walk(swarm, "client", "192.0.2.1:8080"))
    assert (death.place, death.layer) == ("node1", "overlay")
    assert "Port 8080 is published by the service web, and the routing mesh behind it needs IPVS" in death.why
