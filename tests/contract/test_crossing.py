"""Two hosts with a wire and a switch between them: everybody reaches whom they should, and `up` heals what is cut."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from netproof.errors import AgentError, UnknownName
from netproof.lab import observe
from netproof.lab.running import RunningLab
from tests.contract.conftest import User, changes, edit, own_tree

pytestmark = pytest.mark.rest

CUT = "a part of it was gone"
CHANGED = "its definition changed"

# From whom to whom: over the wire, through the switch, over a wire to the host of the other end, by routes.
REACHES = [
    ("one", "192.0.2.2"),
    ("two", "2001:db8:2::1"),
    ("guest", "203.0.113.1"),
    ("guest", "2001:db8:3::1"),
    ("guest", "203.0.113.2"),
    ("one", "203.0.113.2"),
    ("one", "2001:db8:3::9"),
    ("beyond", "198.51.100.2"),
    ("two", "2001:db8:1::1"),
    ("guest", "192.0.2.1"),
    ("one", "198.51.100.2"),
    ("one", "2001:db8:1::2"),
    ("beyond", "192.0.2.2"),
    ("beyond", "2001:db8:2::2"),
    ("main", "10.9.0.254"),
]


@pytest.fixture(scope="module")
def crossing(new_user: Callable[..., User], tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody whose tree has one more lab, which is up."""
    tree = own_tree(tmp_path_factory.mktemp("tree") / "tree")
    folder = tree / "labs" / "crossing"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(Path(__file__).with_name("crossing.py"), folder / "lab.py")
    user = new_user(tree, "crossing")
    try:
        user.must("up")
        yield user
    finally:
        user.leave()


@pytest.fixture(scope="module")
def text(crossing: User) -> str:
    """The definition as it was at first."""
    return (crossing.root / "labs" / "crossing" / "lab.py").read_text()


@pytest.fixture
def editor(crossing: User, text: str) -> Iterator[User]:
    """The same user; the definition is put back, and so is the lab."""
    yield crossing
    (crossing.root / "labs" / "crossing" / "lab.py").write_text(text)
    crossing.must("up")


def unreached(lab: RunningLab) -> list[tuple[str, str]]:
    return [(who, whom) for who, whom in REACHES if not observe.ping(lab, who, whom, seconds=2).replies]


def answering(answer: observe.Answer) -> str:
    """Who answered; how it went, when nobody did."""
    return str(answer.said.get("node", f"{answer.outcome} {answer.errno}"))


def identities(lab: RunningLab) -> dict[str, Any]:
    """What tells each part from one made anew; a wire by its ends' indices, of which the kernel never repeats one."""
    snapshots = lab.snapshot()
    found: dict[str, Any] = {name: host.id for name, host in lab.hosts.items()}
    for host, snapshot in snapshots.items():
        engine = snapshot["engine"]
        found |= {item["name"]: (item["id"], item["started"]) for item in engine["containers"]}
        found |= {f"{item['name']} of {host}": item["id"] for item in engine["networks"]}
        found |= {name: about["pid"] for name, about in lab.agent(host).call("spawned").items()}
        for place, space in snapshot["namespaces"].items():
            ends = [link for link in space["links"] if link["name"].startswith("eth") or "-eth" in link["name"]]
            wired = [(link["index"], link["peer_index"]) for link in ends]
            found |= {f"wires of {host} {place}": wired} if place.partition(":")[0] in {"host", "netns"} else {}
    return found


def changed(lab: RunningLab, before: dict[str, Any]) -> set[str]:
    now = identities(lab)
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def test_everybody_reaches_whom_they_should(crossing: User) -> None:
    """Over the wire between hosts, through the switch, to the host of another host's outsider, and by routes."""
    with crossing.attached() as lab:
        assert unreached(lab) == []


def test_servers_answer_over_both_families_and_both_protocols(crossing: User) -> None:
    """HTTP and UDP servers say who answers and whom they saw, over IPv4 and IPv6."""
    with crossing.attached() as lab:
        asked = [
            observe.dial(lab, "one", "203.0.113.9", 80),
            observe.dial(lab, "one", "2001:db8:3::9", 80),
            observe.ask(lab, "two", "2001:db8:3::9", 9000, 10),
            observe.ask(lab, "two", "198.51.100.1", 9000, 10),
            observe.dial(lab, "one", "10.9.0.7", 80),
            observe.ask(lab, "main", "127.0.0.1", 9000, 10),
        ]
    said = [(answer.outcome, answer.said.get("node"), answer.said.get("caller")) for answer in asked]
    assert said == [
        ("answered", "guest", "203.0.113.1"),
        ("answered", "guest", "2001:db8:3::1"),
        ("answered", "guest", "2001:db8:3::2"),
        ("answered", "beyond", "198.51.100.2"),
        ("answered", "main", "10.9.0.254"),
        ("answered", "sidecar", "127.0.0.1"),
    ]


def test_a_container_of_nobodys_definition_is_looked_at_by_its_host(crossing: User) -> None:
    """`NAME@HOST` is a container that somebody made there; a host or container that is not there is named."""
    with crossing.attached() as lab:
        made = lab.run("two", "docker run -d --rm --name visitor netproof/node sleep infinity")
        assert made.rc == 0, made.stderr
        try:
            assert lab.run("visitor@two", "hostname").stdout.strip() == made.stdout[:12]
            assert observe.bind(lab, "visitor@two", "127.0.0.1", 80) == ""
            assert observe.table(lab, "visitor@two", "nat").rules == []
            with pytest.raises(UnknownName, match="tow"):
                lab.run("visitor@tow", "true")
            with pytest.raises(AgentError, match="visitor"):
                lab.run("visitor@one", "true")
        finally:
            assert lab.run("two", "docker rm -f visitor").rc == 0


def test_a_port_that_is_taken_is_told_by_its_errno(crossing: User) -> None:
    """Binding a port that somebody has fails with EADDRINUSE, for TCP and UDP; another address or port is free."""
    with crossing.attached() as lab:
        assert observe.bind(lab, "main", "0.0.0.0", 80) == "EADDRINUSE"  # noqa: S104 - the main container's own
        assert observe.bind(lab, "main", "127.0.0.1", 9000, "udp") == "EADDRINUSE"
        assert observe.bind(lab, "main", "127.0.0.1", 9000, "tcp") == ""
        assert observe.bind(lab, "main", "127.0.0.1", 81) == ""
        assert observe.bind(lab, "main", "198.51.100.77", 81) == "EADDRNOTAVAIL"


def test_a_second_up_changes_nothing(crossing: User) -> None:
    """Every wire, port, server, network and container is the same one."""
    with crossing.attached() as lab:
        before = identities(lab)
        assert changes(crossing) == {}
        assert changed(lab, before) == set()
    assert crossing.is_healthy()


def test_a_cut_wire_between_hosts_is_healed_alone(crossing: User) -> None:
    """With the far end of the wire deleted on the second host, the next `up` makes that wire and nothing else."""
    with crossing.attached() as lab:
        before = identities(lab)
        assert lab.run("two", "ip link del eth0").rc == 0
        assert ("one", "192.0.2.2") in unreached(lab)
        assert changes(crossing) == {"wire:trunk": CUT}
        assert changed(lab, before) == {"wires of one host", "wires of two host"}
        assert unreached(lab) == []
    assert crossing.is_healthy()


def test_a_cut_port_of_the_switch_is_healed_with_what_hangs_on_the_switch(crossing: User) -> None:
    """A port to a host deleted makes the switch anew, and the outsider whose wire went with it; not the others."""
    with crossing.attached() as lab:
        before = identities(lab)
        assert lab.run("two", "ip link del eth1").rc == 0
        assert changes(crossing) == {"floor": CUT, "guest": CUT}
        assert not {"beyond-udp-9000", "main", "other", "one", "two"} & changed(lab, before)
        assert unreached(lab) == []
    assert crossing.is_healthy()


def test_a_killed_host_is_made_again_with_all_its_ends(crossing: User) -> None:
    """When the second host was killed, it and what ends there is made anew; the containers of the first stay."""
    with crossing.attached() as lab:
        before = identities(lab)
    crossing.client.api.kill(crossing.container("two"))
    assert changes(crossing) == {
        "two": "it was exited",
        "wire:trunk": CUT,
        "floor": CUT,
        "guest": "new",
        "beyond": "new",
    }
    with crossing.attached() as lab:
        assert not {"one", "main", "sidecar", "other", "inner of one"} & changed(lab, before)
        assert unreached(lab) == []
    assert crossing.is_healthy()


def test_a_changed_network_is_made_anew_with_its_containers(editor: User) -> None:
    """The network, the container that joins it and the one that shares that one's network; nothing else."""
    with editor.attached() as lab:
        before = identities(lab)
        edit(editor, ('gateway="10.9.0.254"', 'gateway="10.9.0.253"'))
        assert changes(editor) == {
            "inner": CHANGED,
            "main": "inner, which it joins, was made anew",
            "sidecar": CHANGED,
        }
        assert changed(lab, before) == {"inner of one", "main", "sidecar"}
        assert observe.ping(lab, "main", "10.9.0.253").replies
        assert answering(observe.ask(lab, "main", "127.0.0.1", 9000, 10)) == "sidecar"


def test_a_sidecar_is_made_anew_with_its_main_container(editor: User) -> None:
    """A container that shares another's network cannot outlive it, also when that one was merely removed."""
    with editor.attached() as lab:
        before = identities(lab)
        edit(editor, ("serves=[Http(80)])", "serves=[Http(8080)])"))
        assert changes(editor) == {"main": CHANGED, "sidecar": CHANGED}
        assert changed(lab, before) == {"main", "sidecar"}
        assert lab.run("one", "docker rm -f main").rc == 0
        assert changes(editor) == {"main": "new", "sidecar": "main, whose network it shares, was made anew"}
        assert answering(observe.ask(lab, "main", "127.0.0.1", 9000, 10)) == "sidecar"


def test_a_server_of_another_protocol_is_another_server(editor: User) -> None:
    """A UDP server that becomes an HTTP server of the same port is noticed."""
    edit(editor, ("serves=[Udp(9000)],\n        ),\n    ],", "serves=[Http(9000)],\n        ),\n    ],"))
    assert changes(editor) == {"beyond": CHANGED}
    with editor.attached() as lab:
        assert answering(observe.dial(lab, "two", "198.51.100.1", 9000)) == "beyond"


def test_an_outsider_of_another_name_takes_the_wire_over(editor: User) -> None:
    """A renamed outsider gets the wire that the old one had; the old one goes."""
    edit(editor, ('"beyond"', '"farther"'))
    assert changes(editor) == {"farther": "new", "beyond": "is not in the definition any more"}
    with editor.attached() as lab:
        assert answering(observe.ask(lab, "two", "198.51.100.1", 9000, 10)) == "farther"
        assert "netns:beyond" not in lab.agent("two").call("places")
