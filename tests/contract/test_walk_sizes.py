"""How a walk asks: in how many bytes, from which port, and by which protocol; and what its silence means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from netproof.errors import UsageError
from netproof.fixtures.labs import Labs, built
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.lab.running import RunningLab
from netproof.labs.dns.steps import dns_server
from netproof.walk import walk
from tests.contract.conftest import User, document
from tests.contract.walking import changed, container, died, rule, server

pytestmark = pytest.mark.rest

CELLS = [*((engine, "nft") for engine in ENGINES), (DEFAULT_ENGINE, "legacy")]
MUTED = "-I OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP"
LARGE = """#!/bin/sh
read x
printf "HTTP/1.0 200 OK\\r\\nContent-Length: 200000\\r\\n\\r\\n"
head -c 200000 /dev/zero
"""


@pytest.fixture(scope="module", params=CELLS, ids="-".join)
def publish(request: pytest.FixtureRequest) -> Iterator[RunningLab]:
    """publish on one engine with one flavour of iptables."""
    with built(*request.param) as labs:
        yield labs["publish"]


@pytest.fixture(scope="module")
def labs() -> Iterator[Labs]:
    """Labs on the usual engine."""
    with built(DEFAULT_ENGINE, "nft") as found:
        yield found


def narrow(lab: RunningLab, interface: str) -> ExitStack:
    """An interface of the host that takes 1400 bytes, and says so to nobody."""
    stack = ExitStack()
    stack.enter_context(changed(lab, "host", f"ip link set {interface} mtu 1400", f"ip link set {interface} mtu 1500"))
    stack.enter_context(rule(lab, MUTED))
    return stack


@pytest.mark.parametrize(("proto", "port", "size"), [("tcp", 8080, 5000), ("udp", 9000, 1472), ("icmp", 0, 1472)])
def test_the_interface_that_a_full_packet_does_not_fit_through_is_named(
    publish: RunningLab, proto: str, port: int, size: int
) -> None:
    """A short question is answered, one of full packets dies in front of the narrow interface; and why nobody heard."""
    asker, target = ("client", f"203.0.113.100:{port}") if port else ("web", "203.0.113.1")
    interface = "docker0" if port else "eth0"
    with narrow(publish, interface):
        assert walk(publish, asker, target, proto=proto).outcome == "answered"
        death = died(walk(publish, asker, target, proto=proto, size=size))
    assert (death.place, death.layer) == ("host", "mtu")
    assert f"{interface} of host" in death.why
    assert "fragmentation needed was dropped in host: " in death.proof
    assert walk(publish, asker, target, proto=proto, size=size).outcome == "answered"


def test_an_answer_that_breaks_off_is_no_answer(publish: RunningLab) -> None:
    """200 kB come through a wide path, and stop in front of a narrow interface."""
    start = "sh -c 'chmod +x /large; exec socat -t 20 TCP4-LISTEN:80,fork EXEC:/large'"
    file = f"cat >/run/large <<'END'\n{LARGE}END"
    with (
        changed(publish, "host", file, "rm -f /run/large"),
        container(publish, "large", "-p 8100:80 -v /run/large:/large", start),
    ):
        assert walk(publish, "client", "203.0.113.100:8100").outcome == "answered"
        with narrow(publish, "eth0"):
            found = walk(publish, "client", "203.0.113.100:8100")
    death = died(found)
    assert (found.outcome, death.place, death.layer) == ("broken off", "host", "mtu")
    assert "1500 bytes do not fit through eth0 of host" in death.why


def test_a_flow_that_is_older_than_a_rule_of_nat_is_walked_by_its_port(publish: RunningLab) -> None:
    """A new flow meets the rule; the old one does not, and the walk names its entry."""
    say = "echo hi | socat -t 0 - UDP4:203.0.113.100:9600,sourceport=5555"
    publish.run("client", say, limit=20)
    with rule(publish, "-t nat -I PREROUTING -i eth0 -p udp --dport 9600 -j DNAT --to-destination 10.0.0.2:9000"):
        assert walk(publish, "client", "203.0.113.100:9600", proto="udp").outcome == "answered"
        found = walk(publish, "client", "203.0.113.100:9600", proto="udp", from_port=5555)
    death = died(found)
    assert (death.place, death.layer) == ("host", "nat")
    assert "older than the walk leaves its destination as it is" in death.why
    assert "203.0.113.1:5555 -> 203.0.113.100:9600, replies 203.0.113.100:9600 ->" in death.proof
    assert any("older than the walk" in one.verdict for one in found.stations if one.kind == "conntrack")


def test_a_port_that_somebody_has_cannot_be_asked_from(labs: Labs) -> None:
    """The message says who."""
    script = "s = socket.socket(2, 2); s.bind(('', 5556))"
    with (
        server(labs["publish"], "client", 5556, script, "udp"),
        pytest.raises(UsageError, match=r"cannot ask from udp port 5556: python3 \(pid \d+\) has it"),
    ):
        walk(labs["publish"], "client", "203.0.113.100:9000", proto="udp", from_port=5556)


def test_the_silence_of_a_datagram_is_no_death(publish: RunningLab) -> None:
    """It was delivered to a program that never answers: the walk says what it knows, and no more."""
    with container(publish, "mute", "-p 9601:80/udp", "socat -u UDP4-RECV:80 /dev/null"):
        for asker, target in (("client", "203.0.113.100:9601"), ("host", "127.0.0.1:9601")):
            found = walk(publish, asker, target, proto="udp")
            assert (found.outcome, found.death) == ("delivered", None)
            assert "container mute) got it. Whether the program answers, silence does not tell" in found.note


def test_a_dns_server_is_asked_a_question_of_dns(labs: Labs) -> None:
    """Whatever it answers counts."""
    dns = labs["dns"]
    with dns_server(dns, "outsider", "203.0.113.1"):
        found = walk(dns, "lone", "203.0.113.1:53", proto="udp")
    assert (found.outcome, found.answer) == ("answered", "a DNS answer, NXDOMAIN")


def test_a_walk_that_died_ends_with_exit_code_1(new_user: Callable[..., User]) -> None:
    """One that was answered with 0, and what cannot be asked with 2."""
    user = new_user()
    try:
        user.must("up")
        walks = {
            "203.0.113.1:80": 0,
            "203.0.113.1:81": 1,
            "nowhere:80": 2,
            "203.0.113.1": 0,
        }
        for target, code in walks.items():
            ended = user.lab("walk", "client", target, "--json")
            assert ended.returncode == code, ended.stderr
            assert ("death" in document(ended)) == (code < 2)
        for words in (["--size", "0"], ["--size", "many"], ["--from-port", "70000"]):
            assert user.lab("walk", "client", "203.0.113.1:80", *words).returncode == 2
    finally:
        user.leave()
