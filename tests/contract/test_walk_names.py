"""A walk asks names of the asker's own resolver, and tells who answered what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from netproof.errors import UnknownName
from netproof.fixtures.labs import Labs, built
from netproof.images import DEFAULT_ENGINE, ENGINES
from netproof.lab.running import RunningLab
from netproof.labs.dns.steps import KNOWN, KNOWN_ADDRESS, dns_server
from netproof.walk import Walk, walk
from tests.contract.walking import changed, container, died

pytestmark = pytest.mark.rest

SEARCHED = (
    "cp /etc/resolv.conf /run/before && printf 'search {0}\\nnameserver 203.0.113.1\\n' >/etc/resolv.conf",
    "cat /run/before >/etc/resolv.conf && rm /run/before",
)
IN_HOSTS = "cp /etc/hosts /run/hosts.before && echo '10.20.1.3 basket' >>/etc/hosts"
OUT_OF_HOSTS = "cat /run/hosts.before >/etc/hosts && rm /run/hosts.before"


@pytest.fixture(scope="module")
def labs() -> Iterator[Labs]:
    """Labs on the usual engine."""
    with built(DEFAULT_ENGINE, "nft") as found:
        yield found


@pytest.fixture(scope="module", params=ENGINES)
def dns(request: pytest.FixtureRequest) -> Iterator[RunningLab]:
    """dns on each engine."""
    with built(request.param, "nft") as found:
        yield found["dns"]


def told(found: Walk) -> list[str]:
    """What it says about the name."""
    return [one.text for one in found.stations if one.kind == "name"]


@pytest.mark.parametrize("asker", ["lone", "front-desk"])
def test_a_container_that_cannot_resolve_another_has_died_there(dns: RunningLab, asker: str) -> None:
    """On the default bridge and in the host's namespace no name of a container resolves: its address is not taken."""
    found = walk(dns, asker, "basket:80")
    assert (found.outcome, found.address) == ("no address", "")
    death = died(found)
    assert (death.place, death.layer) == (asker, "dns")
    assert "DNS server 203.0.113.1" in death.why
    assert "basket has 10.20." in told(found)[-1]


def test_the_embedded_server_answers(dns: RunningLab) -> None:
    """By name and alias; of several addresses the first is taken, and the walk says so."""
    found = walk(dns, "till", "basket:80")
    assert (found.outcome, found.address) == ("answered", "10.20.1.4")
    assert told(found) == ["DNS server 127.0.0.11 says that basket is 10.20.1.4"]
    shared = walk(dns, "till", "shared")
    assert shared.address in {"10.20.1.3", "10.20.1.4"}
    assert told(shared)[-1] == f"{shared.address} is taken, which the C library puts first"


def test_the_hosts_file_comes_first(dns: RunningLab) -> None:
    """What it says is asked, be it wrong."""
    with changed(dns, "till", IN_HOSTS, OUT_OF_HOSTS):
        found = walk(dns, "till", "basket:80")
    assert told(found) == ["/etc/hosts says that basket is 10.20.1.3"]
    assert died(found).place == "shop"


def test_what_the_embedded_server_asks_in_turn_is_told(dns: RunningLab) -> None:
    """A name of the world outside: by 127.0.0.11, which asks the outsider."""
    with dns_server(dns, "outsider", "203.0.113.1"):
        known = told(walk(dns, "till", KNOWN))
        with pytest.raises(UnknownName, match="NXDOMAIN") as refused:
            walk(dns, "till", "nowhere.example")
    assert known[0] == f"DNS server 127.0.0.11 says that {KNOWN} is {KNOWN_ADDRESS}"
    assert "there is no nowhere.example" in refused.value.problem
    silent = walk(dns, "till", "nowhere.example")
    assert died(silent).layer == "dns"


def test_a_search_domain_is_told(dns: RunningLab) -> None:
    """The question that was answered is the one with the domain."""
    first, _, rest = KNOWN.partition(".")
    before = SEARCHED[0].format(rest)
    with dns_server(dns, "outsider", "203.0.113.1"), changed(dns, "lone", before, SEARCHED[1]):
        found = walk(dns, "lone", first)
    assert found.address == KNOWN_ADDRESS
    assert f"DNS server 203.0.113.1 says that {KNOWN} is {KNOWN_ADDRESS}" in told(found)


def test_a_resolver_without_servers_is_told(labs: Labs) -> None:
    """The C library asks 127.0.0.1 then."""
    dns = labs["dns"]
    with changed(dns, "lone", "cp /etc/resolv.conf /run/before && echo >/etc/resolv.conf", SEARCHED[1]):
        found = walk(dns, "lone", "mate:80")
    assert told(found)[0].startswith("/etc/resolv.conf names no DNS server")
    assert died(found).proof == "/etc/resolv.conf of lone: no nameserver"


def test_what_has_no_getent_is_asked_with_its_files(labs: Labs) -> None:
    """A container without one: the lab host's C library, in its network, with its files."""
    dns = labs["dns"]
    with container(dns, "bare", "--network front", "sh -c 'rm -f $(command -v getent); exec sleep 600'"):
        found = walk(dns, "bare@host", "basket:80")
    assert found.address == "10.20.1.4"
    assert "bare has no getent: the lab host's C library looked, with its files" in told(found)


def test_hosts_and_outsiders_are_asked_by_an_address_of_theirs(labs: Labs) -> None:
    """No engine's server knows them; the walk says whose address it took."""
    found = walk(labs["bridge-nat"], "client", "outsider:80")
    assert (found.outcome, found.address) == ("answered", "203.0.113.1")
    assert told(found)[-1] == "outsider is a node of this lab: its address 203.0.113.1 is taken"


def test_a_node_is_asked_by_an_address_that_the_asker_does_not_have(labs: Labs) -> None:
    """Every engine has a docker0 with the same address."""
    overlay = labs["overlay"]
    assert walk(overlay, "node1", "node2").address == "192.0.2.2"
    assert walk(overlay, "node2", "node1").address == "192.0.2.1"
    assert walk(overlay, "left", "node2").address == "192.0.2.2"
