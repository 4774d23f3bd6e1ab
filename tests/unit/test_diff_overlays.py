"""A container that was restarted on an overlay takes the network's hidden namespaces along, and hides nothing else."""

from __future__ import annotations

import pytest

from netproof.facts import HAPPENED, Flat, flatten, fold, structure
from tests.unit import snapshots
from tests.unit.snapshots import CLIENT, link

BRIDGE, BALANCER, OTHER = "node1/1-ihydoxf3ap", "node1/lb_ihydoxf3a", "node2/1-ihydoxf3ap"
OLD, NEW = ("01", "10.1.0.2", "1"), ("02", "10.1.0.4", "2")
Key = tuple[str, str, str]


def overlay(made: tuple[str, str, str], *, alone: bool = True) -> Flat:
    """Two nodes of an overlay; `made` are what is chosen anew: MACs, the load balancer's address, and identities."""
    mac, balancer, identity = made
    flat: Flat = {
        ("node1", "engine", "answers"): "yes",
        ("node2", "engine", "answers"): "yes",
        ("node1", "networks", "across"): "overlay ['10.1.0.0/24'] internal=False",
        ("node1", "networks", "across identity"): "ihydoxf3apa1",
        ("node1", "networks", "ingress"): "overlay ['10.0.0.0/24'] internal=False",
        ("node1", "networks", "ingress identity"): "a020wdvux4q8",
        ("node1", "containers", "left"): "running node across",
        ("node1", "containers", "left identity"): f"a5b50b started {identity}",
        ("node1", "containers", "left on across"): "10.1.0.10 02:42:0a:01:00:0a",
        ("left", "namespaces", "its identity"): identity,
        ("left", "links", "eth0"): "kind=veth mac=02:42:0a:01:00:0a mtu=1450",
        ("left", "addresses", "eth0 10.1.0.10/24"): "global",
        ("left", "sockets", f"udp 127.0.0.11:4000{identity}"): "uid 0",
    }
    hidden: Flat = {
        (BRIDGE, "links", "br0"): f"kind=bridge mac=aa:00:00:00:01:{mac} mtu=1450",
        (BRIDGE, "links", "veth1"): f"kind=veth mac=aa:00:00:00:02:{mac} mtu=1450 master=br0",
        (BRIDGE, "addresses", "br0 10.1.0.1/24"): "global",
        (BRIDGE, "fdb", f"veth1 aa:00:00:00:02:{mac} master"): "present",
        (BRIDGE, "sysctls", "net.ipv4.conf.all.rp_filter"): "0",
        (BALANCER, "links", "eth0"): f"kind=veth mac=02:42:0a:01:00:{mac} mtu=1450",
        (BALANCER, "addresses", f"eth0 {balancer}/24"): "global",
        (BALANCER, "routes", "main 10.1.0.0/24 eth0"): f"unicast src={balancer} scope=link",
        (BALANCER, "rules", "iptables-nft nat DOCKER_OUTPUT"): (f"-d 127.0.0.11/32 --to 127.0.0.11:4{identity}",),
        (OTHER, "fdb", f"vxlan0 02:42:0a:01:00:{mac} self 192.0.2.1"): "present",
        (OTHER, "neighbours", f"vxlan0 {balancer}"): f"02:42:0a:01:00:{mac}",
        **{(place, "namespaces", "its identity"): f"{place} {identity}" for place in (BRIDGE, BALANCER)},
    }
    kept: Flat = {
        ("node1/1-a020wdvux4", "namespaces", "its identity"): "7",
        ("node1/1-a020wdvux4", "links", "br0"): "kind=bridge mac=aa:00:00:00:09:09 mtu=1450",
    }
    return flat | kept | (hidden if alone else {})


def changes(*edits: tuple[Key, str | tuple[str, ...]]) -> tuple[list[str], list[Key]]:
    """(what happened, in sentences; what else is told) of a restart of left with these changes besides."""
    after = overlay(NEW) | dict(edits)
    found = fold(overlay(OLD), after)
    happened = [str(item.after) for item in found if item.aspect == HAPPENED]
    return happened, [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED]


def test_what_an_overlay_makes_anew_follows_from_the_restart() -> None:
    """MACs, the load balancer's address here and on the other node, and ports of DNS servers."""
    assert changes() == (["left was restarted."], [])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("left", "routes", "main 192.0.9.0/24 eth0 10.1.0.1"), "unicast proto=boot"),
        (("left", "rules", "nftables table inet mine"), ()),
        (("left", "sockets", "tcp 0.0.0.0:99"), "uid 0"),
        (("left", "ip rules", "ip 9 from 10.1.0.10/32"), "lookup 7"),
        ((BRIDGE, "links", "br0"), "kind=bridge mac=aa:00:00:00:01:02 mtu=1400"),
        ((BRIDGE, "sysctls", "net.ipv4.conf.all.rp_filter"), "2"),
        ((BRIDGE, "rules", "nftables table inet mine"), ("-s 10.1.0.10 -j DROP",)),
        ((BALANCER, "rules", "iptables-nft filter INPUT"), ("-j DROP",)),
        ((OTHER, "fdb", "vxlan0 02:42:0a:01:00:77 self 192.0.2.1"), "present"),
        ((OTHER, "neighbours", "vxlan0 10.1.0.77"), "02:42:0a:01:00:77"),
        (("node1", "rules", "iptables-nft filter FORWARD"), ("-s 10.1.0.10/32 -j DROP",)),
        (("node1/1-a020wdvux4", "links", "br0"), "kind=bridge mac=aa:00:00:00:09:09 mtu=1400"),
    ],
)
def test_what_somebody_changed_besides_is_told(key: Key, value: str | tuple[str, ...]) -> None:
    """In the container, in namespaces that were made anew, on the other node, and in those that were not touched."""
    assert changes((key, value)) == (["left was restarted."], [key])


def test_a_network_on_which_others_are_left_is_not_made_anew() -> None:
    """Its namespaces are the ones they were: another MAC there was written by somebody."""
    after = overlay(NEW) | {key: value for key, value in overlay(OLD).items() if key[0] in {BRIDGE, BALANCER, OTHER}}
    for key in overlay(NEW).keys() - overlay(OLD).keys():
        if key[0] != "left":
            del after[key]
    mac = (BRIDGE, "links", "veth1")
    found = fold(overlay(OLD), after | {mac: "kind=veth mac=aa:00:00:00:02:99 mtu=1450 master=br0"})
    assert [(item.place, item.aspect, item.key) for item in found if item.aspect != HAPPENED] == [mac]


def test_a_container_that_went_takes_the_namespaces_with_it() -> None:
    """When it was the last."""
    after = {key: value for key, value in overlay(OLD).items() if key[0] not in {BRIDGE, BALANCER, OTHER, "left"}}
    after["node1", "containers", "left"] = "exited node across"
    after["node1", "containers", "left on across"] = ""
    found = fold(overlay(OLD), after)
    assert [item.after for item in found] == ["left is exited; it was running, and its network namespace is gone."]


def test_routes_of_a_container_that_lead_by_another_interface_follow() -> None:
    """Its interfaces are numbered anew at each start; a route that it did not have is told."""
    default = ("left", "routes", "main 0.0.0.0/0 eth0 10.1.0.1")
    before, after = overlay(OLD) | {default: "unicast"}, overlay(NEW)
    after["left", "routes", "main 0.0.0.0/0 eth1 10.1.0.1"] = "unicast"
    assert len(fold(before, after)) == 1
    after["left", "routes", "main 0.0.0.0/0 eth1 10.1.0.9"] = "unicast"
    assert [item.key for item in fold(before, after)][1:] == ["main 0.0.0.0/0 eth1 10.1.0.9"]


def test_a_veth_of_a_hidden_namespace_is_called_by_what_it_leads_to() -> None:
    """The engine numbers them as containers come, so that a restart gives one another name."""
    raw = snapshots.lab()
    end = raw["host"]["namespaces"][CLIENT]["links"][-1]
    veth = link("veth3", 7, kind="veth", peer_index=end["index"], peer_nsid=2)
    others = [link("veth4", 8, kind="veth", peer_index=99, peer_nsid=2), link("vethown", 9, kind="veth", peer_nsid=2)]
    hidden = snapshots.namespace(links=[veth, *others], nsids={CLIENT: 2})
    raw["host"]["namespaces"]["path:/run/docker/netns/1-ihydoxf3ap"] = hidden
    flat = flatten(structure(raw))
    found = {key for place, aspect, key in flat if place == "host/1-ihydoxf3ap" and aspect == "links"}
    assert found == {f"veth(client:{end['name']})", "veth4", "vethown"}
