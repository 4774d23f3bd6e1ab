"""What a namespace is set to, and files, are put back by commands; what cannot be put back so is left."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netproof.practice.restore import firewall_commands, settings_commands
from netproof.practice.restore.files import put_back
from tests.unit import snapshots
from tests.unit.snapshots import Raw, link, table

Part = Callable[[Raw, Raw], Iterator[str]]


def bridge(**details: int) -> Raw:
    return link("docker0", 2, kind="bridge", details=details, port={}, offloads=["rx-gro"])


def space(**changes: Any) -> Raw:
    return snapshots.namespace(**{"links": [bridge(ageing_time=30000)], **changes})


@pytest.mark.parametrize(
    ("part", "before", "now", "expected"),
    [
        (
            settings_commands.link_settings,
            {},
            {"links": [bridge(ageing_time=0)]},
            ["ip link set docker0 type bridge ageing_time 30000"],
        ),
        (
            settings_commands.link_settings,
            {},
            {"links": [{**bridge(ageing_time=30000), "offloads": ["tx-gso-robust"]}]},
            ["ethtool -K docker0 rx-gro on", "ethtool -K docker0 tx-gso-robust off"],
        ),
        (
            settings_commands.link_settings,
            {"links": [link("veth", 3, kind="veth", port={"unicast_flood": 1, "cost": 2})]},
            {"links": [link("veth", 3, kind="veth", port={"unicast_flood": 0, "cost": 7})]},
            ["bridge link set dev veth flood on", "ip link set veth type bridge_slave cost 2"],
        ),
        (settings_commands.link_settings, {}, {"links": []}, []),
        (
            settings_commands.labels,
            {"labels": ["prefix ::/0 label 1"]},
            {"labels": ["prefix 2001:db8::/32 label 77"]},
            ["ip addrlabel del prefix 2001:db8::/32 label 77", "ip addrlabel add prefix ::/0 label 1"],
        ),
        (settings_commands.next_hops, {}, {"nexthops": ["id 5 via 192.0.2.1 dev eth0"]}, ["ip nexthop del id 5"]),
        (settings_commands.transforms, {}, {"xfrm": ["src ::/0"]}, ["ip xfrm policy flush", "ip xfrm state flush"]),
        (settings_commands.transforms, {"xfrm": ["src ::/0"]}, {"xfrm": ["src 2001:db8::/32"]}, []),
        (
            firewall_commands.tables,
            {},
            {"netfilter": {"iptables": {}, "nft": {"table inet mine": [], "table inet mine chain in": ["drop"]}}},
            ["nft delete table inet mine"],
        ),
        (
            firewall_commands.tables,
            {"netfilter": {"iptables": {"iptables-nft": {"filter": table([])}}, "nft": {}}},
            {"netfilter": {"iptables": {}, "nft": {"table ip filter chain FORWARD": ["drop"]}}},
            [],
        ),
        (
            firewall_commands.emptied,
            {},
            {
                "netfilter": {
                    "iptables": {"ip6tables-nft": {"raw": table([])}, "iptables-legacy": {"raw": {}}},
                    "nft": {},
                }
            },
            ["nft delete table ip6 raw"],
        ),
    ],
)
def test_a_setting_is_put_back(part: Part, before: Raw, now: Raw, expected: list[str]) -> None:
    """And nothing is done about what was there before, or is gone with its interface."""
    assert list(part(space(**before), space(**now))) == expected
    assert list(part(space(**before), space(**before))) == []


class _Agent:
    """Notes what it is asked to run."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, str | None]] = []

    def call(self, what: str, **about: Any) -> None:
        assert what == "run"
        self.ran.append((about["place"], about["command"], about["stdin"]))


def filed(edit: Callable[[Raw], object]) -> list[tuple[str, str, str | None]]:
    """What is run to put files back that were edited."""
    before: Raw = snapshots.lab()["host"]
    before["files"] = {"/etc/hosts": ["-rw-r--r-- 0:0", "127.0.0.1 localhost"], "/etc/services": BIG}
    now = copy.deepcopy(before)
    edit(now)
    agent: Any = _Agent()
    put_back(agent, before, now)
    return list(agent.ran)


BIG = ["-rw-r--r-- 0:0", "sha256:0123456789abcdef"]


def test_a_small_text_gets_back_its_lines_and_its_mode() -> None:
    """In the file that is there: an engine mounts some of its own over a container's."""
    ((place, command, text),) = filed(lambda raw: raw["files"].update({"/etc/hosts": ["-rw------- 0:0", "mine"]}))
    assert place == "host"
    assert command.endswith("cat >/etc/hosts && chmod u=rw,g=r,o=r /etc/hosts && chown 0:0 /etc/hosts")
    assert text == "127.0.0.1 localhost\n"


def test_a_file_that_is_new_goes_and_one_that_is_known_by_its_digest_is_left() -> None:
    """A container's as well, but for one that was made anew, or does not run."""

    def edit(raw: Raw) -> None:
        raw["files"]["/etc/services"] = ["-rw-r--r-- 0:0", "sha256:fedcba9876543210"]
        raw["engine"]["containers"][0]["files"]["/etc/own hosts"] = ["-rw-r--r-- 0:0", "mine"]

    assert filed(edit) == [("container:client", "rm -rf '/etc/own hosts'", None)]


def test_a_container_that_was_made_anew_is_left() -> None:
    """Its files are not those of the one before."""

    def edit(raw: Raw) -> None:
        raw["engine"]["containers"][0].update(id="f" * 64, files={"/etc/hosts": ["-rw-r--r-- 0:0", "mine"]})

    assert filed(edit) == []
