"""What happened is told first, and what follows from it is not told again; nothing else is hidden by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.agent import snapshot as agents
from orchestrator.facts import HAPPENED, SENTENCE, flatten, structure, told
from orchestrator.facts.compared import KINDS
from orchestrator.facts.kept import FORMAT
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT, HOST, Raw, link, route, rule, space

Edit = Callable[[Raw], object]
PUBLISHED = "-d 10.0.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"


def lab() -> Raw:
    """A lab host with a container that publishes a port, and has a sidecar."""
    raw = snapshots.lab()
    containers = raw["host"]["engine"]["containers"]
    containers[0]["ports"] = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}  # noqa: S104 - a fact, not a server
    containers.append(
        {**containers[0], "name": "sidecar", "id": "5" * 64, "mode": "container:" + "a" * 64, "ports": {}}
    )
    space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].append(rule("DOCKER", PUBLISHED))
    space(raw)["sockets"].append({"proto": "tcp", "address": "0.0.0.0", "port": 8080, "uid": 0})  # noqa: S104 - as above
    return raw


def after(*edits: Edit) -> tuple[list[str], list[tuple[str, str, str]]]:
    """(what happened, in sentences; what else differs)."""
    raw = lab()
    before = flatten(structure(raw))
    for edit in edits:
        edit(raw)
    found = told(before, flatten(structure(raw)))
    happened = [str(item.after) for item in found if item.aspect == HAPPENED]
    return happened, [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED]


def container(raw: Raw, name: str = "client") -> Raw:
    found: Raw = next(item for item in raw["host"]["engine"]["containers"] if item["name"] == name)
    return found


def take_away(raw: Raw) -> None:
    """What goes from a lab host when its container stops."""
    host = space(raw)
    raw["host"]["namespaces"].pop(CLIENT, None)
    host["links"] = [item for item in host["links"] if item["kind"] != "veth"]
    host["links"][1].update(operstate="DOWN")
    for item in ("fdb", "qdiscs"):
        host[item].clear()
    host["sysctls"] = {"net.ipv4.ip_forward": "1"}
    host["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].pop()
    host["sockets"].pop()


def stop(raw: Raw) -> None:
    container(raw).update(state="exited", inode=0, ports={}, networks={"bridge": {**END, "address": "", "mac": ""}})
    container(raw, "sidecar").update(state="exited", inode=0)
    take_away(raw)


END = {"address": "10.0.0.2", "mac": "", "gateway": ""}


def restart(raw: Raw) -> None:
    """The container has another namespace, and its sidecar the one of before."""
    container(raw).update(started="2025-01-02T00:00:00Z", inode=300)
    spaces = raw["host"]["namespaces"]
    spaces["container:sidecar"] = {**spaces[CLIENT], "links": [], "addresses": [], "routes": []}
    spaces[CLIENT] = {**spaces[CLIENT], "inode": 300}


def remove(raw: Raw) -> None:
    raw["host"]["engine"]["containers"].clear()
    take_away(raw)


def rename(raw: Raw) -> None:
    container(raw).update(name="other")
    raw["host"]["namespaces"]["container:other"] = raw["host"]["namespaces"].pop(CLIENT)


def drop_forwarding(raw: Raw) -> None:
    space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"].pop(0)


def test_a_container_that_stopped_is_told_in_a_line() -> None:
    """Its namespace, its cable, its rules and the carrier of its bridge go with it."""
    happened, rest = after(stop)
    assert happened == [
        "client is exited; it was running, and its network namespace is gone.",
        "sidecar is exited; it was running, and its network namespace is gone.",
    ]
    assert rest == []


@pytest.mark.parametrize(
    ("edit", "sentences"),
    [
        (
            remove,
            ["client is gone: there is no such container.", "sidecar is gone: there is no such container."],
        ),
        (
            restart,
            ["client was restarted.", "sidecar's network namespace is another than client's."],
        ),
        (rename, ["client is called other now."]),
        (
            lambda raw: container(raw).update(state="paused"),
            ["client is paused."],
        ),
        (
            lambda raw: container(raw).update(id="f" * 64),
            ["client is another container: it was made anew."],
        ),
        (
            lambda raw: raw["host"]["engine"].update(answers=False, version="", dockerd=[], containers=[], networks=[]),
            ["The engine of host is gone."],
        ),
        (
            lambda raw: raw["host"]["engine"].update(dockerd=[99]),
            ["The engine of host was restarted."],
        ),
        (
            lambda raw: raw["host"]["engine"]["networks"].pop(),
            ["The network second is gone."],
        ),
        (
            lambda raw: raw["host"]["namespaces"].update(
                {"netns:own": snapshots.namespace(inode=7, links=[link("lo", 1)])}
            ),
            ["There is a network namespace that was not there: own."],
        ),
    ],
    ids=["removed", "restarted", "renamed", "paused", "replaced", "engine", "engine anew", "network", "namespace"],
)
def test_what_happened_is_said_and_what_follows_is_not_listed(edit: Edit, sentences: list[str]) -> None:
    """A sentence for each thing that happened; the names of the sidecar's namespace follow from its owner's."""
    happened, rest = after(edit)
    assert [sentence for sentence in happened if sentence in sentences] == sentences
    assert {aspect for _, aspect, _ in rest} <= {"rules"}  # a network's own, which nothing connects with it here


BESIDES: dict[str, tuple[Edit, tuple[str, str, str]]] = {
    "rule": (drop_forwarding, ("host", "rules", "iptables-nft filter FORWARD")),
    "route": (lambda raw: space(raw)["routes"].append(route("192.0.2.0/24")), ("host", "routes", "main 192.0.2.0/24")),
    "sysctl": (
        lambda raw: space(raw)["sysctls"].update({"net.ipv4.ip_forward": "0"}),
        ("host", "sysctls", "net.ipv4.ip_forward"),
    ),
    "mtu": (lambda raw: space(raw)["links"][1].update(mtu=1400), ("host", "links", "docker0")),
    "interface": (lambda raw: space(raw)["links"].append(link("own", 9)), ("host", "links", "own")),
}


@pytest.mark.parametrize(("edit", "where"), BESIDES.values(), ids=BESIDES)
@pytest.mark.parametrize("happening", [remove, rename], ids=["removed", "renamed"])
def test_what_somebody_changed_besides_is_told(happening: Edit, edit: Edit, where: tuple[str, str, str]) -> None:
    """A container that went does not hide what has nothing to do with it."""
    assert where in after(happening, edit)[1]


def test_a_rule_about_a_container_that_went_is_told() -> None:
    """What came is no consequence of its going."""

    def add(raw: Raw) -> None:
        rules = space(raw)["netfilter"]["iptables"]["iptables-nft"]["filter"]["rules"]
        rules.append(rule("FORWARD", "-s 10.0.0.2/32 -j DROP"))

    assert ("host", "rules", "iptables-nft filter FORWARD") in after(remove, add)[1]


def test_an_interface_that_came_is_one_difference() -> None:
    """With its settings; an address that somebody gave it is another one."""

    def add(raw: Raw) -> None:
        space(raw)["links"].append(link("own", 9, details={"link_group": 0}, offloads=["rx-gro"]))
        space(raw)["sysctls"].update({"net.ipv4.conf.own.forwarding": "1", "net.ipv6.conf.own.mtu": "1500"})
        space(raw)["addresses"].append({"interface": "own", "address": "192.0.2.1/24", "scope": "global", "peer": ""})

    assert after(add) == ([], [("host", "addresses", "own 192.0.2.1/24"), ("host", "links", "own")])


def test_everything_compared_is_of_a_kind_that_is_named() -> None:
    """Whoever says what was compared leaves nothing out, and names nothing that is not there."""
    raw = lab()
    host: Raw = space(raw, HOST)
    host.update(labels=["prefix ::/0 label 1"], nexthops=["id 1 dev eth0"], xfrm=["src ::/0 dst ::/0 dir out"])
    host.update(traffic_control=["eth0 qdisc tbf"])
    host["links"][0].update(offloads=["rx-gro"])
    host["neighbours"][0].update(state="PERMANENT")
    host["netfilter"]["iptables"]["iptables-nft"]["raw"] = snapshots.table([], OUTPUT="ACCEPT")
    aspects = {aspect for _, aspect, _ in flatten(structure(raw))}
    assert aspects == {aspect for several in KINDS.values() for aspect in several}
    assert all(kind in SENTENCE for kind in KINDS)


def test_agents_write_the_format_that_is_read() -> None:
    """A snapshot that was kept is told from those of other versions by it."""
    assert agents.FORMAT == FORMAT
