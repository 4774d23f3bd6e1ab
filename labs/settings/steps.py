"""What several claims of settings do, kept out of the way of what they claim."""

from __future__ import annotations

from netproof.facts.model import Flow
from netproof.lab import observe
from netproof.lab.running import RunningLab

TABLES = ("raw", "mangle", "nat", "filter")
CLIENT, NOPROXY = "198.51.100.1", "198.51.100.2"


def rules(lab: RunningLab, name: str) -> list[str]:
    """Every iptables rule of a host or node."""
    return [
        f"-t {table} -A {rule.chain} {rule.rule}" for table in TABLES for rule in observe.table(lab, name, table).rules
    ]


def ask_from(lab: RunningLab, port: int) -> str:
    """Ask UDP port 9001 of noproxy from a fixed port of the client; what it said, or nothing."""
    # Newer versions of socat would end with an empty datagram, which is a second question.
    command = f"echo 'who calls?' | socat -t 1 - UDP4:{NOPROXY}:9001,sourceport={port},shut-none"
    return lab.run("client", command, limit=10).stdout.strip()


def flows_from(lab: RunningLab, port: int) -> list[Flow]:
    """What noproxy tracks of what the client sent from this port."""
    return [
        flow for flow in observe.flows(lab, "noproxy") if (flow.original.src, flow.original.sport) == (CLIENT, port)
    ]


def mtu_of(lab: RunningLab, name: str) -> int:
    """The MTU of a container's eth0."""
    return next(link.mtu for link in observe.namespace(lab, name).links if link.name == "eth0")
