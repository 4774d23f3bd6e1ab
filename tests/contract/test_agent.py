"""The agent inside a lab host: commands, captures, and connections told apart by how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from netproof.errors import AgentError, HostDied
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.wait import until
from tests.contract.conftest import User

OUTSIDER = "203.0.113.1"


@pytest.fixture(scope="module")
def lab(shared: User) -> Iterator[RunningLab]:
    with shared.attached() as running:
        yield running


@contextmanager
def changed(lab: RunningLab, name: str, do: str, undo: str) -> Iterator[None]:
    assert lab.run(name, do).rc == 0
    try:
        yield
    finally:
        assert lab.run(name, undo).rc == 0


@pytest.mark.parametrize("name", ["host", "client", "outsider"])
def test_output_input_and_exit_code_pass_through(lab: RunningLab, name: str) -> None:
    """A command gets its input and returns both outputs and its exit code, undecodable bytes included."""
    result = lab.run(name, "cat; printf 'e\\377' >&2; exit 7", stdin="ä\x00b")
    assert (result.rc, result.stdout, result.stderr, result.timed_out) == (7, "ä\x00b", "e\udcff", False)


def test_a_list_is_executed_without_a_shell(lab: RunningLab) -> None:
    """Words are passed as they are: no globbing, no splitting."""
    assert lab.run("client", ["printf", "%s|", "a b", "*", "$HOME"]).stdout == "a b|*|$HOME|"


def test_a_command_that_takes_too_long_is_killed_with_its_children(lab: RunningLab) -> None:
    """At its limit a command and what it started are gone, and the result says so."""
    result = lab.run("host", "sleep 5151 & echo started; sleep 5151", limit=0.5)
    assert (result.rc, result.timed_out, result.stdout) == (124, True, "started\n")
    assert until(lambda: lab.run("host", ["pgrep", "-f", "^sleep 5151$"]).rc == 1, 3)


def test_calls_do_not_wait_for_each_other(lab: RunningLab) -> None:
    """A command that waits for another one's deed ends, because both run at once."""
    agent, place = lab.at("host")
    waiting = agent.submit("run", place=place, command="until [ -e /run/deed ]; do sleep 0.01; done; rm /run/deed")
    lab.run("host", "touch /run/deed")
    assert waiting.result(20)["rc"] == 0


def test_an_unknown_operation_is_an_error_not_the_end(lab: RunningLab) -> None:
    """The agent answers an operation it does not know with an error, and goes on serving."""
    agent, _ = lab.at("host")
    with pytest.raises(AgentError):
        agent.call("no-such-operation")
    assert lab.run("host", "echo on").stdout == "on\n"


def test_a_place_that_does_not_run_is_named(lab: RunningLab) -> None:
    """An operation in a container that does not exist says which one."""
    agent, _ = lab.at("host")
    with pytest.raises(AgentError, match="nobody"):
        agent.call("run", place="container:nobody", command="true")


# The kernel begins to write times on packets a while after the first socket has asked for them, and ends with the last.
HURRIED = """
import socket, sys, time
sys.path.insert(0, sys.argv[1])
from agent import capture, timestamps
for _ in range(5):
    time.sleep(0.3)
    listener = capture.open_socket("host", "lo", [])
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))
    sent = time.time_ns()
    print(timestamps.at(listener.recvmsg(100, 64)[1]) <= sent)
    listener.close()
"""


def test_packets_have_the_time_at_which_they_passed(lab: RunningLab) -> None:
    """Also the first one after a capture began, which else has the time at which it is read."""
    home = lab.run("host", "ls -d /run/netproof/agent-*").stdout.split()[-1]
    assert lab.run("host", ["python3", "-c", HURRIED, home]).stdout.split() == ["True"] * 5


def test_a_killed_agent_is_reported_to_those_who_wait(shared: User) -> None:
    """When the agent is killed in the middle of a call, the call ends with HostDied, and so does the next one."""
    with shared.attached() as running:
        agent, place = running.at("host")
        pending = agent.submit("run", place=place, command="sleep 5252")
        agent.submit("run", place=place, command=f"kill -9 {agent.call('hello')['pid']}")
        with pytest.raises(HostDied):
            pending.result(20)
        with pytest.raises(HostDied):
            agent.call("hello")


def test_a_capture_sees_everything_from_its_start(lab: RunningLab) -> None:
    """Twenty pings sent right after a capture began are twenty requests and twenty replies in it."""
    with observe.capture(lab, "host", "docker0") as capture:
        assert lab.run("client", "ping -c 20 -i 0.002 -q 10.0.0.1").rc == 0
        sent = [packet for packet in capture.packets() if packet.proto == "icmp"]
    assert [packet.src for packet in sent].count("10.0.0.2") == 20
    assert [packet.src for packet in sent].count("10.0.0.1") == 20


def test_blocked_connections_are_told_apart(lab: RunningLab) -> None:
    """Answered, refused, timed out, unreachable and reset are five different outcomes."""
    drop, reset = "-p tcp --dport 80 -j DROP", "-p tcp --dport 80 -m conntrack --ctstate ESTABLISHED"
    assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered"
    assert observe.dial(lab, "client", OUTSIDER, 81).outcome == "refused"
    with changed(lab, "host", f"iptables -I FORWARD {drop}", f"iptables -D FORWARD {drop}"):
        assert observe.dial(lab, "client", OUTSIDER, 80, 0.5).outcome == "timeout"
    with changed(lab, "client", "ip route add unreachable 203.0.113.1", "ip route del unreachable 203.0.113.1"):
        assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "unreachable"
    rule = f"{reset} -m string --string GET --algo bm -j REJECT --reject-with tcp-reset"
    with changed(lab, "outsider", f"iptables -I INPUT {rule}", f"iptables -D INPUT {rule}"):
        assert observe.dial(lab, "client", OUTSIDER, 80, 1).outcome == "reset"


def test_conntrack_and_rules_are_typed(lab: RunningLab) -> None:
    """Netlink's flows and iptables' counters speak of the same connection."""
    with observe.connected(lab, "client", OUTSIDER, 80) as answer:
        found = [flow for flow in observe.flows(lab, "host") if flow.original.sport == answer.port]
    assert [(flow.original.dst, flow.reply.dst, flow.state) for flow in found] == [
        (OUTSIDER, "203.0.113.2", "ESTABLISHED")
    ]


def test_an_outsider_has_a_kernels_own_settings(lab: RunningLab) -> None:
    """And not those of the machine, whose engine forwards: a new namespace inherits them."""
    keys = ("all/forwarding", "default/forwarding", "eth0/forwarding", "all/rp_filter", "all/accept_redirects")
    read = "; ".join(f"cat /proc/sys/net/ipv4/conf/{key}" for key in keys)
    assert lab.run("outsider", read).stdout.split() == ["0", "0", "0", "0", "1"]
