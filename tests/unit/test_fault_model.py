"""Faults, decoys and changes that contradict themselves are refused, and changes are written down exactly."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netproof.errors import UnknownName
from netproof.model import (
    LAYERS,
    MANNERS,
    Answers,
    Change,
    Check,
    Closed,
    Leaves,
    Pings,
    Prints,
    Resolves,
    Step,
    alternatives,
    both,
    changed,
    link_down,
    port_of,
    rule_added,
    rule_deleted,
    sysctl_set,
)
from tests.unit.definitions import refused
from tests.unit.practices import CHECKS, DECOY, fault, practice

ENGINES = ("20.10", "26.1", "28.5")


# Faults


@pytest.mark.parametrize("name", ["", "Cut", "1st", "a_b", "a b", "-x", "x" * 32])
def test_ids_are_names(name: str) -> None:
    """An id holds small letters, digits and hyphens."""
    assert refused(lambda: fault(name)).field == "id"


@pytest.mark.parametrize(("field", "value"), [("layer", "wire"), ("layer", ""), ("level", 0), ("level", 4)])
def test_unknown_layers_and_levels_are_refused(field: str, value: Any) -> None:
    """The error names the fault, and lists what there is."""
    error = refused(lambda: fault(**{field: value}))
    assert (error.field, error.value) == (f"{field} of fault cut", value)


@pytest.mark.parametrize(("field", "value"), [("layer", "wire"), ("level", 7)])
def test_decoys_have_layers_and_levels_too(field: str, value: Any) -> None:
    """A decoy is held to the same words."""
    error = refused(lambda: attrs.evolve(DECOY, **{field: value}))
    assert (error.field, error.value) == (f"{field} of decoy by-design", value)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_accepted(layer: str) -> None:
    """No layer is there for show."""
    assert fault(layer=layer).layer == layer


def test_a_variant_is_part_of_the_name() -> None:
    """Without a variant the name is the id."""
    assert (fault("cut").name, fault("cut[con-a]").name, fault("cut[con-a]").id) == ("cut", "cut[con-a]", "cut")


def test_a_repair_comes_before_the_undo() -> None:
    """What a person would type, when that is not the exact undo."""
    assert fault().mending == (Step("host", "undo cut"),)
    assert fault(repair=Step("client", "mend")).mending == (Step("client", "mend"),)


def test_a_fault_that_no_check_notices_is_invisible() -> None:
    """Claims do not make it visible."""
    assert fault().is_visible
    assert not fault(shows={}, reddens={"q2.1": "timeout"}).is_visible


@pytest.mark.parametrize(
    ("engines", "firewalls", "applies"),
    [
        ((), (), True),
        ("26.1", "nft", True),
        (("20.10", "26.1"), (), True),
        ("28.5", (), False),
        ((), "legacy", False),
        ("26.1", "legacy", False),
    ],
)
def test_a_fault_may_be_for_some_engines_and_firewalls_only(engines: Any, firewalls: Any, *, applies: bool) -> None:
    """Nothing given means everywhere."""
    assert fault(engines=engines, firewalls=firewalls).applies("26.1", "nft") is applies


@pytest.mark.parametrize(("engine", "expected"), [("20.10", {"web": "reset"}), ("26.1", {"web": "refused"})])
def test_a_signature_may_differ_by_engine(engine: str, expected: dict[str, str]) -> None:
    """An engine that is left out stays green."""
    by_engine = {"web": {"20.10": "reset", "26.1": "refused"}}
    item = fault(shows=by_engine, reddens={"q2.1": "timeout", **by_engine})
    assert item.checks_on(engine) == expected
    assert item.claims_on(engine) == {"q2.1": "timeout", **expected}
    assert item.checks_on("28.5") == {}
    assert item.claims_on("28.5") == {"q2.1": "timeout"}


@given(st.lists(st.sampled_from(MANNERS), min_size=1, max_size=4))
def test_alternatives_are_what_or_joins(manners: list[str]) -> None:
    """A manner such as `no reply` is one word here."""
    assert alternatives(" or ".join(manners)) == manners


# Practice


@pytest.mark.parametrize(
    ("signature", "value"),
    [
        ({"shows": {"wbe": "timeout"}}, "wbe"),
        ({"shows": {"web": "open"}}, "open"),
        ({"shows": {"inward": "timeout"}}, "timeout"),
        ({"shows": {"web": "timeout or open"}}, "open"),
        ({"shows": {"web": {"28.5": "opened"}}}, "opened"),
        ({"shows": {"web": "timeout, reset"}}, "timeout, reset"),
        ({"reddens": {"q2.1": "red"}}, "red"),
        ({"reddens": {"q2.1": "timeout or slow"}}, "slow"),
        ({"reddens": {"q2.1": {"20.10": "slow"}}}, "slow"),
    ],
)
def test_signatures_are_of_known_checks_and_manners(signature: dict[str, Any], value: str) -> None:
    """Each kind of check has its own ways to be red; the error names fault and signature."""
    error = refused(lambda: practice(fault(**signature)))
    assert error.value == value
    assert error.field.startswith(f"{next(iter(signature))} of fault cut")


@pytest.mark.parametrize(
    "shows", [{"web": "timeout or unreachable"}, {"gateway": "no reply"}, {"web": {"26.1": "wrong server or reset"}}]
)
def test_manners_may_be_alternatives(shows: dict[str, Any]) -> None:
    """Where it depends on when one looks, several are declared."""
    assert practice(fault(shows=shows, reddens={"q2.1": "timeout or differs"})).faults[0].shows == shows


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (lambda: practice(checks=[*CHECKS, CHECKS[0]]), "web"),
        (lambda: practice(fault(), fault()), "cut"),
        (lambda: practice(fault("cut[a]"), fault("cut[b]"), fault("cut[a]")), "cut[a]"),
        (lambda: practice(fault("by-design"), decoys=[DECOY]), "by-design"),
        (lambda: practice(decoys=[DECOY, DECOY]), "by-design"),
    ],
    ids=["checks", "faults", "variants", "fault and decoy", "decoys"],
)
def test_nothing_is_there_twice(make: Callable[[], object], value: str) -> None:
    """Names of checks, and of faults and decoys together, are unique."""
    error = refused(make)
    assert error.value == value
    assert "twice" in error.reason


def test_variants_of_one_fault_have_one_id() -> None:
    """That is what they are for."""
    assert [item.id for item in practice(fault("cut[a]"), fault("cut[b]")).faults] == ["cut", "cut"]


@pytest.mark.parametrize(
    "given_",
    [
        {"faults": [fault(tells={"torn": "there it is not"})]},
        {"faults": [fault("cut[a]", tells={"cut[a]": "tells are by id"})]},
        {"faults": [fault()], "together": [("cut", "torn")]},
        {"faults": [fault()], "alike": [("torn", "cut")]},
        {"faults": [fault("cut[a]")], "together": [("cut",)]},
    ],
    ids=["tells", "tells a variant", "together", "alike", "a variant missing"],
)
def test_names_that_lead_nowhere_are_refused(given_: dict[str, Any]) -> None:
    """`tells` are ids; `together` and `alike` are names."""
    assert refused(lambda: practice(**given_)).reason == "is unknown"


def test_names_that_lead_somewhere_are_accepted() -> None:
    """Sets have no order."""
    items = fault("cut[a]", tells={"torn": "there it is not"}), fault("torn")
    made = practice(*items, together=[["cut[a]", "torn"]], alike=[("torn", "cut[a]")])
    assert made.together == made.alike == (frozenset({"cut[a]", "torn"}),)


def test_faults_and_checks_are_found_by_name() -> None:
    """A name that is nearly right is recognised."""
    made = practice(fault("cut[a]"))
    assert (made.fault("cut[a]").id, made.check("web").id) == ("cut", "web")
    looks: list[tuple[Callable[[str], object], str, str]] = [
        (made.fault, "cut[b]", "cut[a]"),
        (made.check, "wbe", "web"),
    ]
    for look, typed, nearest in looks:
        with pytest.raises(UnknownName) as caught:
            look(typed)
        assert caught.value.nearest == nearest


@pytest.mark.parametrize(
    ("check", "manner"),
    [
        (Answers("c", "s", "a", "b", 1, by="b"), "wrong caller"),
        (Closed("c", "s", "a", "b", 1), "open"),
        (Pings("c", "s", "a", "b"), "too big"),
        (Leaves("c", "s", "a", "b", 1, "h", "eth0", "b"), "own source"),
        (Resolves("c", "s", "a", "n", "b"), "wrong address"),
        (Prints("c", "s", "a", "true", ""), "otherwise"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Check) else "",
)
def test_every_kind_of_check_has_its_own_manners(check: Check, manner: str) -> None:
    """None of them is `green`, and none could be taken for two."""
    assert manner in check.red
    assert all(word != "green" and alternatives(word) == [word] for word in check.red)
    assert practice(fault(shows={"c": manner}), checks=[check]).check("c") == check


# Changes


@pytest.mark.parametrize("emptied", ["inject", "took", "undo"])
def test_a_change_needs_a_way_in_a_sign_and_a_way_back(emptied: str) -> None:
    """None of the three may be empty."""
    parts: dict[str, Any] = dict.fromkeys(("inject", "took", "undo"), Step("host", "true"))
    error = refused(lambda: Change(**parts | {emptied: []}))
    assert error.field == "change"
    assert emptied in error.remedy


def test_one_step_may_stand_alone() -> None:
    """A step, or several."""
    made = Change(Step("a", "1"), [Step("a", "2"), Step("b", "3")], (Step("a", "4"),))
    assert [len(part) for part in (made.inject, made.took, made.undo)] == [1, 2, 1]


def commands(change: Change) -> list[list[str]]:
    """What is run to inject, to see, and to undo."""
    return [[step.run for step in part] for part in (change.inject, change.took, change.undo)]


def test_several_changes_are_undone_the_other_way_round() -> None:
    """The last change goes first; steps of one change stay in order."""
    one = Change([Step("a", "1"), Step("a", "2")], Step("a", "?"), [Step("a", "-2"), Step("a", "-1")])
    other = changed("b", "3", "??", "-3")
    assert commands(both(one, other)) == [["1", "2", "3"], ["?", "??"], ["-3", "-2", "-1"]]
    assert [step.at for step in both(one, other).undo] == ["b", "a", "a"]


def test_a_rule_is_added_at_its_number() -> None:
    """The table and the number are given, or are filter and 1."""
    assert commands(rule_added("host", "FORWARD -i eth0 -j DROP")) == [
        ["iptables -w -t filter -I FORWARD 1 -i eth0 -j DROP"],
        ["iptables -w -t filter -C FORWARD -i eth0 -j DROP"],
        ["iptables -w -t filter -D FORWARD -i eth0 -j DROP"],
    ]
    assert commands(rule_added("host", "OUTPUT -j LOG", "raw", 3))[0] == ["iptables -w -t raw -I OUTPUT 3 -j LOG"]


def test_a_deleted_rule_comes_back_to_its_number() -> None:
    """Where it stood matters."""
    assert commands(rule_deleted("host", "OUTPUT -j LOG", "raw", 3)) == [
        ["iptables -w -t raw -D OUTPUT -j LOG"],
        ["! iptables -w -t raw -C OUTPUT -j LOG 2>/dev/null"],
        ["iptables -w -t raw -I OUTPUT 3 -j LOG"],
    ]


def test_a_sysctl_gets_its_value_back() -> None:
    """It is read back to see whether the kernel took it."""
    assert commands(sysctl_set("host", "net.ipv4.ip_forward", "0", was="1")) == [
        ["sysctl -qw net.ipv4.ip_forward=0"],
        ['test "$(sysctl -n net.ipv4.ip_forward)" = "0"'],
        ["sysctl -qw net.ipv4.ip_forward=1"],
    ]


# Shell, run for real with stand-ins for the tools


def shell(folder: Path, script: str, **tools: str) -> subprocess.CompletedProcess[str]:
    """A script that finds these tools, which print something, before the machine's own."""
    for name, text in tools.items():
        (folder / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
        (folder / name).chmod(0o755)
    path = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-c", script], env={"PATH": path}, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize(
    ("flags", "down"),
    [
        ("<BROADCAST,UP,LOWER_UP>", False),
        ("<UP,LOWER_UP>", False),
        ("<BROADCAST,UP>", False),
        ("<NO-CARRIER,BROADCAST,UP>", False),
        ("<BROADCAST,MULTICAST>", True),
        ("<BROADCAST,LOWER_UP>", True),
    ],
)
def test_a_link_is_down_without_the_flag_up(tmp_path: Path, flags: str, *, down: bool) -> None:
    """The carrier's flags are others."""
    took = link_down("host", "eth0").took[0].run
    assert (shell(tmp_path, took, ip=f"2: eth0: {flags} mtu 1500").returncode == 0) is down


def test_what_went_with_a_link_comes_back_with_it() -> None:
    """Routes do not come back by themselves."""
    assert commands(link_down("host", "eth0", "ip route add default via 10.0.0.1"))[2] == [
        "ip link set eth0 up && ip route add default via 10.0.0.1"
    ]


def test_the_hosts_end_of_a_veth_is_found(tmp_path: Path) -> None:
    """By its index, which is a whole number and not a part of one."""
    ip = "1: veth1111111@if3: <UP>\n11: veth2222222@if4: <UP>\n111: veth3333333@if5: <UP>\n12: docker0: <UP>"
    assert shell(tmp_path, f"echo {port_of('web')}", ip=ip, docker="11").stdout == "veth2222222\n"
    assert shell(tmp_path, f"echo {port_of('web')}", ip=ip, docker="12").stdout == "docker0\n"
