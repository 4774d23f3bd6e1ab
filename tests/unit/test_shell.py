"""What `lab shell` says and sets before somebody types the first word."""

from __future__ import annotations

import pytest

from netproof import catalog
from netproof.cli import node_session
from netproof.cli.lab import shell
from netproof.cli.screen import Screen
from netproof.errors import UnknownName
from netproof.lab import nodes
from netproof.practice.attempt import RUNNING, Attempt
from netproof.state.instance import Instance

INSTANCE = Instance("bridge-nat", "second")
FAULT = "mtu-lowered"


def broken(*, exam: bool) -> None:
    """Somebody broke it on purpose."""
    about = {"lab": INSTANCE.lab, "engine": "26.1", "firewall": "nft", "seed": 1, "status": RUNNING}
    Attempt(**about, faults=[FAULT], exam=exam).write(INSTANCE)  # type: ignore[arg-type]


@pytest.mark.usefixtures("state_dir")
@pytest.mark.parametrize("exam", [False, True])
def test_a_broken_lab_tells_its_ticket_and_nothing_more(exam: bool, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001 - a parameter
    """The words that `break` printed; not the fault's name, what it is, or where."""
    broken(exam=exam)
    shell.greet(Screen(), INSTANCE, "client")
    told = capsys.readouterr().out
    fault = catalog.practice(INSTANCE.lab).fault(FAULT)
    assert all(line in told for line in fault.ticket.splitlines())
    assert not any(secret in told for secret in (FAULT, fault.what, fault.layer))


@pytest.mark.usefixtures("state_dir")
def test_a_lab_that_is_whole_tells_its_tools_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """No ticket where nothing is broken."""
    shell.greet(Screen(), INSTANCE, "client")
    first, second = capsys.readouterr().out.splitlines()
    assert "client of bridge-nat@second" in first
    assert "tcpdump" in second


def test_a_prompt_names_lab_and_node_and_history_is_the_nodes_own() -> None:
    """Also for a hidden namespace, whose name has a slash in it."""
    found = [node_session.variables(INSTANCE, node) for node in ("host", "outsider", "node1/across")]
    assert found[0]["PS1"] == found[0]["NETPROOF_PROMPT"] == "bridge-nat@second host # "
    histories = [each["HISTFILE"] for each in found]
    assert len(set(histories)) == len(histories)
    assert {history.count("/") for history in histories} == {2}


@pytest.mark.parametrize("name", ["client", "host", "other@host", "host/ingress_sbox"])
def test_what_may_be_a_node_is_looked_for(name: str) -> None:
    """Containers that nobody declared and hidden namespaces are known once the lab is asked."""
    nodes.refuse_unknown(catalog.load("bridge-nat"), name)


@pytest.mark.parametrize("name", ["clinet", "other@hots", "hots/ingress_sbox", "", "/"])
def test_what_can_be_no_node_is_refused_before_anything_is_asked(name: str) -> None:
    """The nearest name is told."""
    with pytest.raises(UnknownName):
        nodes.refuse_unknown(catalog.load("bridge-nat"), name)
