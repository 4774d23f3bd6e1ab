"""Every `lab` command on a real lab."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from netproof.wait import until
from tests.contract.conftest import User, document, finish

TOOLS = "ip ss ping curl tcpdump conntrack iptables nft bridge dig nc jq mtr nano traceroute".split()  # noqa: SIM905 - as people type them


@pytest.mark.parametrize("node", ["host", "client", "outsider"])
def test_exec_passes_everything_through(shared: User, node: str) -> None:
    """Input, both outputs, quoting and the exit code of `lab exec` are the command's own."""
    script = 'read -r line; echo "$line" "$1"; echo oops >&2; exit 9'
    ended = shared.lab("exec", node, "--", "sh", "-c", script, "sh", "a  b", stdin="one\n")
    assert (ended.returncode, ended.stdout, ended.stderr) == (9, "one a  b\n", "oops\n")


@pytest.mark.parametrize("node", ["host", "client", "outsider"])
def test_expected_tools_are_there(shared: User, node: str) -> None:
    """The tools people expect are in every node, and are the real ones."""
    looked = "; ".join(f"readlink -f $(command -v {tool}) || echo no {tool}" for tool in TOOLS)
    found = shared.must("exec", node, "--", looked).stdout
    assert "no " not in found
    assert "busybox" not in found


@pytest.mark.parametrize("node", ["host", "client", "outsider"])
def test_exec_passes_signals_on_and_loses_no_output(shared: User, node: str) -> None:
    """Output comes as it is written; what the command says to Ctrl-C arrives, too, and so does its exit code."""
    trap = "trap 'echo got; exit 9' INT; echo begun; while :; do sleep 0.05; done"
    process = shared.start(["-m", "invoke", *shared.words("exec", node, "--", "bash", "-c", trap)])
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    ended = finish(process)
    assert (ended.returncode, ended.stdout) == (9, "got\n")


def test_exec_does_not_wait_for_what_a_command_leaves_behind(shared: User) -> None:
    """`sleep 60 &` holds up nobody, and runs on."""
    began = time.monotonic()
    assert shared.must("exec", "client", "--", "sleep 60 & echo started $!").stdout.startswith("started")
    assert time.monotonic() - began < 50
    assert shared.must("exec", "client", "--", "pkill -x sleep -n; echo killed").stdout == "killed\n"


def test_exec_json_is_one_document(shared: User) -> None:
    """`lab exec --json` puts output and exit code into one document."""
    ended = shared.lab("exec", "client", "--json", "--", "echo hi; exit 3")
    assert ended.returncode == 3
    assert {key: document(ended)[key] for key in ("rc", "stdout", "stderr")} == {
        "rc": 3,
        "stdout": "hi\n",
        "stderr": "",
    }


def test_shell_reads_commands_from_a_pipe(shared: User) -> None:
    """Without a terminal `lab shell` runs what it is given and ends with its exit code."""
    shared.must("shell", "client")  # from /dev/null, which no epoll takes
    ended = shared.lab("shell", "client", stdin="ip -br addr show eth0\nexit 4\n")
    assert ended.returncode == 4
    assert "10.0.0.2/8" in ended.stdout


class Terminal:
    """The other side of a terminal."""

    def __init__(self, end: int) -> None:
        self._end = end
        self.text = ""

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def shows(self, wanted: str, limit: float = 20) -> bool:
        def look() -> bool:
            if select.select([self._end], [], [], 0.05)[0]:
                self.text += os.read(self._end, 65_536).decode(errors="replace")
            return wanted in self.text

        return until(look, limit, pause=0)


@contextmanager
def at_a_terminal(user: User, *words: str) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "invoke", *words],
        cwd=user.root,
        env={**os.environ, **user.mine, "TERM": "xterm"},
        stdin=far,
        stdout=far,
        stderr=far,
        start_new_session=True,
    )
    os.close(far)
    try:
        yield Terminal(near), process
    finally:
        process.kill()
        process.wait()
        os.close(near)


def test_shell_on_a_terminal(shared: User) -> None:
    """The prompt names lab and node, the size arrives, Ctrl-C ends a command only, the exit code passes."""
    with at_a_terminal(shared, *shared.words("shell", "client")) as (terminal, process):
        assert terminal.shows(f"bridge-nat@{shared.tag} client # "), terminal.text
        assert "traceroute" in terminal.text
        terminal.type("echo size $(stty size)\n")
        assert terminal.shows("size 33 111"), terminal.text
        terminal.type("sleep 600\n")
        # Only a command that runs is interrupted: before it does, the shell takes the key for itself.
        assert until(lambda: shared.lab("exec", "host", "--", "pgrep -fx 'sleep 600'").stdout, 20)
        terminal.type("\x03")
        terminal.type("echo still $((40 + 2))\n")
        assert terminal.shows("still 42"), terminal.text
        terminal.type("exit 5\n")
        assert process.wait(20) == 5


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_every_shell_of_a_node_names_lab_and_node(shared: User, shell: str) -> None:
    """Also one that is started by `exec`, in the lab host, which has a bashrc of its distribution."""
    with at_a_terminal(shared, *shared.words("exec", "host", "--", shell)) as (terminal, process):
        assert terminal.shows(f"bridge-nat@{shared.tag} host # "), terminal.text
        terminal.type("echo $HISTFILE; exit 6\n")
        assert process.wait(20) == 6
        assert terminal.shows("/root/.history.host"), terminal.text


def test_facts_hold_every_namespace(shared: User) -> None:
    """`lab facts` is one JSON document with the lab host's, the container's and the outsider's namespace."""
    namespaces = document(shared.must("facts"))["host"]["namespaces"]
    assert set(namespaces) == {"host", "container:client", "netns:outsider"}
    assert all(namespace["links"] and namespace["sysctls"] for namespace in namespaces.values())


UNDECLARED = [
    ("host", "iptables -I FORWARD 1 -j ACCEPT", "iptables -D FORWARD 1", "rules"),
    ("host", "nft add table inet mine", "nft delete table inet mine", "rules"),
    ("host", "iptables -P FORWARD ACCEPT", "iptables -P FORWARD DROP", "policies"),
    ("host", "sysctl -qw net.ipv4.conf.docker0.rp_filter=1", "sysctl -qw net.ipv4.conf.docker0.rp_filter=0", "sysctls"),
    ("host", "ip link set docker0 promisc on", "ip link set docker0 promisc off", "links"),
    ("host", "ip rule add from 10.0.0.2 blackhole", "ip rule del from 10.0.0.2 blackhole", "ip rules"),
    (
        "host",
        "ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:07 dev docker0",
        "ip neigh del 10.0.0.77 dev docker0",
        "neighbours",
    ),
    (
        "host",
        "bridge fdb add 02:00:00:00:00:08 dev docker0 self",
        "bridge fdb del 02:00:00:00:00:08 dev docker0 self",
        "fdb",
    ),
    ("client", "ip route add blackhole 192.0.2.0/24", "ip route del blackhole 192.0.2.0/24", "routes"),
    (  # iptables leaves the table that it made; who undoes all of it takes that, too
        "client",
        "iptables -A INPUT -p icmp -j DROP",
        "iptables -D INPUT -p icmp -j DROP && nft delete table ip filter",
        "rules",
    ),
    ("client", "ip addr add 10.0.0.50/8 dev eth0", "ip addr del 10.0.0.50/8 dev eth0", "addresses"),
    (
        "client",
        "tc qdisc add dev eth0 clsact",
        "tc qdisc del dev eth0 clsact && ip link set eth0 txqueuelen 0",
        "qdiscs",
    ),
    ("outsider", "ip link set eth0 mtu 1400", "ip link set eth0 mtu 1500", "links"),
    ("outsider", "ip route add 10.0.0.0/8 via 203.0.113.2", "ip route del 10.0.0.0/8 via 203.0.113.2", "routes"),
]


@pytest.mark.parametrize(
    ("node", "do", "undo", "aspect"), UNDECLARED, ids=[f"{case[0]}: {case[1]}" for case in UNDECLARED]
)
def test_diff_shows_an_undeclared_change(shared: User, node: str, do: str, undo: str, aspect: str) -> None:
    """A change nobody declared shows in `lab diff` at its place, and is gone from it when undone."""
    shared.must("exec", node, "--", do)
    try:
        changed = document(shared.must("diff", "--json"))["differences"]
    finally:
        shared.must("exec", node, "--", undo)
    assert (node, aspect) in {(item["place"], item["aspect"]) for item in changed}
    assert document(shared.must("diff", "--json"))["differences"] == []


def test_env_leads_to_the_labs_engine_until_it_goes(netproof: User) -> None:
    """What `lab env` prints reaches the lab's engine; the process behind it ends with the lab."""
    netproof.must("up")
    address = document(netproof.must("env", "--json"))["DOCKER_HOST"]["host"]
    exports = netproof.must("env").stdout
    assert f"export DOCKER_HOST={address}\n" in exports
    seen = "import docker; print([c.name for c in docker.from_env().containers.list()])"
    ended = netproof(program=("-c", seen), env={"DOCKER_HOST": address})
    assert ended.stdout == "['client']\n", ended.stderr
    assert netproof.processes()
    netproof.must("down")
    assert until(lambda: not netproof.processes(), 10)


def test_status_and_catalogue_tell_what_is_up(shared: User) -> None:
    """`lab status` lists nodes with their addresses; `labs` says which instance is up."""
    status = shared.must("status").stdout
    assert all(word in status for word in ("client", "10.0.0.2/8", "outsider", "203.0.113.1/24", "26.1"))
    rows = document(shared("labs", "--json"))["labs"]
    assert [row["state"] for row in rows if row["name"] == "bridge-nat"] == [[f"bridge-nat@{shared.tag} up"]]


def test_legacy_firewall_is_what_it_says(netproof: User) -> None:
    """With `--firewall legacy` the engine's rules are in iptables-legacy, and every claim holds."""
    netproof.must("up", "--firewall", "legacy")
    where = netproof.must("exec", "host", "--", "iptables -V; iptables-legacy -t nat -S; nft list ruleset").stdout
    assert "legacy" in where
    assert "MASQUERADE" in where
    assert "table ip" not in where
    assert document(netproof.must("test", "--json"))["firewall"] == "legacy"


def test_a_seed_fixes_the_order_of_claims(shared: User) -> None:
    """`lab test --seed 7` proves the claims in another order, the same each time, with the same verdicts."""
    first, second = (shared.must("test", "--seed", "7", "--json") for _ in range(2))
    plain = shared.must("test", "--json")
    order = [[line for line in ended.stderr.splitlines() if "proving" in line] for ended in (first, second, plain)]
    assert order[0] == order[1] != order[2]
    assert sorted(order[0]) == sorted(order[2])
    assert document(first)["summary"] == document(plain)["summary"]
    assert shared.is_healthy()


def test_verdicts_carry_their_evidence(shared: User) -> None:
    """Every claim that `lab test --json` reports has evidence: packets, tuples, rules, counters, words.

    Options for somebody's own tests, which may need what is left out here, change nothing.
    """
    ended = shared.must("test", "--json", env={"PYTEST_ADDOPTS": "-v"})
    claims = {claim["id"]: claim for claim in document(ended)["claims"]}
    assert all(claim["evidence"] for claim in claims.values())
    evidence = {name: "\n".join(text for _, text in claim["evidence"]) for name, claim in claims.items()}
    assert "-A POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE" in evidence["q2.5"]
    assert "203.0.113.2" in evidence["q2.6"]
    assert "10.0.0.2" in evidence["q2.6"]
    assert "address already in use" in evidence["q2.1"].lower()
