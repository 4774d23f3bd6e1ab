"""A setting that the kernel hands on to every interface is told once, and hides nothing that somebody else wrote."""

from __future__ import annotations

import pytest

from netproof.facts import Flat, fold

HOST = "host"
V4, V6 = "net.ipv4.conf", "net.ipv6.conf"
Settings = dict[str, str]


def flat(settings: Settings, *others: tuple[str, str]) -> Flat:
    """A place with these settings and, by aspect, other entries."""
    made: Flat = {(HOST, "sysctls", key): value for key, value in settings.items()}
    return made | {(HOST, aspect, key): "there" for aspect, key in others}


def differing(before: Flat, after: Flat) -> dict[str, int]:
    """{key: how many follow from it} of what is told."""
    return {item.key: len(item.follows) for item in fold(before, after)}


def each(family: str, name: str, value: str, *interfaces: str) -> Settings:
    """A setting of several interfaces."""
    return {f"{family}.{interface}.{name}": value for interface in interfaces}


def forwarding(value: str, **others: str) -> Settings:
    """IPv4 forwarding as the kernel writes it everywhere; others as given."""
    redirects = {f"{V4}.all.accept_redirects": "0" if value == "1" else "1"}
    all_ = each(V4, "forwarding", value, "all", "default", "eth0", "docker0")
    return {"net.ipv4.ip_forward": value, **all_, **redirects, **{f"{V4}.{key}": what for key, what in others.items()}}


def test_forwarding_is_one_difference() -> None:
    """By the name that people type; its other name, every interface and what goes with it follow."""
    assert differing(flat(forwarding("1")), flat(forwarding("0"))) == {"net.ipv4.ip_forward": 5}
    assert differing(flat(forwarding("0")), flat(forwarding("1"))) == {"net.ipv4.ip_forward": 5}


def test_an_interface_that_was_set_otherwise_is_told() -> None:
    """It is not what `all` has handed on."""
    before, after = forwarding("1"), forwarding("0")
    before[f"{V4}.eth0.forwarding"], after[f"{V4}.eth0.forwarding"] = "0", "1"
    assert differing(flat(before), flat(after)) == {f"{V4}.eth0.forwarding": 0, "net.ipv4.ip_forward": 4}


@pytest.mark.parametrize("name", ["rp_filter", "arp_ignore", "accept_redirects", "send_redirects"])
def test_what_the_kernel_does_not_hand_on_is_somebodys_own(name: str) -> None:
    """Each is a difference of its own, though it has the same value."""
    before, after = (each(V4, name, value, "all", "eth0") for value in "02")
    assert differing(flat(before), flat(after)) == {f"{V4}.all.{name}": 0, f"{V4}.eth0.{name}": 0}


def test_a_setting_beside_it_is_told() -> None:
    """Of the same interface, of another kind."""
    before, after = forwarding("1", **{"eth0.rp_filter": "0"}), forwarding("0", **{"eth0.rp_filter": "2"})
    assert differing(flat(before), flat(after)) == {f"{V4}.eth0.rp_filter": 0, "net.ipv4.ip_forward": 5}


@pytest.mark.parametrize(
    "name", ["addr_gen_mode", "disable_ipv6", "force_forwarding", "forwarding", "ignore_routes_with_linkdown"]
)
def test_what_ipv6_hands_on_is_one_difference(name: str) -> None:
    """`default` and each interface; another setting of theirs is told."""
    places = ("all", "default", "eth0", "lo")
    before, after = (each(V6, name, value, *places) | each(V6, "accept_ra", value, "lo") for value in "01")
    assert differing(flat(before), flat(after)) == {f"{V6}.all.{name}": 3, f"{V6}.lo.accept_ra": 0}


def test_addresses_and_routes_go_with_ipv6() -> None:
    """Those of interfaces on which it was switched off; IPv4's are another matter, and so are those of the others."""
    gone = (
        ("addresses", "eth0 fd00::2/64"),
        ("routes", "main fd00::/64 eth0"),
        ("neighbours", "eth0 fd00::9"),
        ("addresses", "lo ::1/128"),
    )
    others = (("addresses", "eth0 10.0.0.2/24"), ("addresses", "eth1 fd01::2/64"), ("routes", "main 0.0.0.0/0 eth0"))
    before, after = (each(V6, "disable_ipv6", value, "all", "eth0", "lo") for value in "01")
    assert differing(flat(before, *gone, *others), flat(after)) == {
        f"{V6}.all.disable_ipv6": 6,
        **{key: 0 for _, key in others},
    }
    alone = [{**before, f"{V6}.eth0.disable_ipv6": value} for value in "01"]
    assert differing(flat(alone[0], *gone), flat(alone[1])) == {"lo ::1/128": 0, f"{V6}.eth0.disable_ipv6": 3}
    assert differing(flat(after), flat(before, ("addresses", "lo ::1/128"), gone[0])) == {
        f"{V6}.all.disable_ipv6": 3,
        "eth0 fd00::2/64": 0,
    }


def test_a_default_is_for_interfaces_without_an_address() -> None:
    """One that has an address keeps its own settings: a change of them was written there."""
    before, after = (each(V4, "rp_filter", value, "default", "veth(client:eth0)", "eth0") for value in "01")
    address = ("addresses", "eth0 203.0.113.2/24")
    assert differing(flat(before, address), flat(after, address)) == {
        f"{V4}.default.rp_filter": 1,
        f"{V4}.eth0.rp_filter": 0,
    }


def test_another_place_is_another_matter() -> None:
    """Each namespace has settings of its own."""
    before, after = flat(forwarding("1")), flat(forwarding("0"))
    before["client", "sysctls", f"{V4}.eth0.forwarding"], after["client", "sysctls", f"{V4}.eth0.forwarding"] = "1", "0"
    found = {(item.place, item.key) for item in fold(before, after)}
    assert found == {(HOST, "net.ipv4.ip_forward"), ("client", f"{V4}.eth0.forwarding")}
