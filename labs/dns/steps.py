"""What several claims of dns do, kept out of the way of what they claim."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from netproof.lab.running import RunningLab
from netproof.wait import patience

KNOWN, KNOWN_ADDRESS = "outside.example", "192.0.2.80"

# A DNS server that knows one address of one name, and says of all others that they do not exist.
_SERVER = """
import socket, sys
address, name, known = sys.argv[1:]
wanted = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\\0"
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((address, 53))
while True:
    query, caller = server.recvfrom(4096)
    end = query.index(b"\\0", 12) + 5
    asked, kind = query[12:end - 4].lower(), query[end - 4:end - 2]
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + socket.inet_aton(known) if kind == b"\\0\\1" else b""
    code, answer = (b"\\x84\\x80", answer) if asked == wanted else (b"\\x84\\x83", b"")
    head = query[:2] + code + b"\\0\\1" + (b"\\0\\1" if answer else b"\\0\\0") + b"\\0" * 4
    server.sendto(head + query[12:end] + answer, caller)
"""
_LIMIT = 10.0


@frozen
class Resolved:
    """What a DNS server answered: the status (NOERROR, NXDOMAIN, SERVFAIL; empty without an answer), and records."""

    status: str
    records: list[str]

    def __str__(self) -> str:
        return f"{self.status or 'no answer'} {' '.join(self.records)}".strip()


@contextmanager
def dns_server(lab: RunningLab, name: str, address: str) -> Iterator[None]:
    """A DNS server on an address of a host, outsider or container, meanwhile."""
    agent, place = lab.at(name)
    label = f"dns-of-{name}"
    argv = ["python3", "-c", _SERVER, address, KNOWN, KNOWN_ADDRESS]
    if place.startswith("container:"):  # whose image has no Python: the host's, in its network namespace
        process = lab.engine(lab.host_of(name)).api.inspect_container(name)["State"]["Pid"]
        agent.call("spawn", name=label, place="host", argv=["nsenter", "-t", str(process), "-n", *argv])
    else:
        agent.call("spawn", name=label, place=place, argv=argv)
    try:
        listens = agent.call("listening", place=place, port=53, proto="udp", seconds=_LIMIT)
        assert listens, f"the DNS server in {name} did not start"
        yield
    finally:
        agent.call("stop", name=label)


def dig(lab: RunningLab, name: str, words: str, seconds: float = 10) -> Resolved:
    """`dig WORDS` in a host, node, or (`host:container`) a container that a test made on a host.

    One query, whose answer has `seconds` to come: few where there is none, more where there is one.
    """
    host, _, container = name.partition(":")
    command = f"dig +time={patience(seconds):.0f} +tries=1 +noedns {words}"
    text = lab.run(host, f"docker exec {container} {command}" if container else command, limit=20).stdout
    status = re.search(r"status: (\w+)", text)
    records = re.findall(r"^[^;\s]\S*\s+\d+\s+IN\s+(?:A|PTR)\s+(\S+)$", text, re.MULTILINE)
    return Resolved(status[1] if status else "", sorted(records))


def resolver_of(lab: RunningLab, name: str) -> list[str]:
    """The DNS servers in a container's /etc/resolv.conf."""
    return re.findall(r"^nameserver (\S+)", lab.run(name, "cat /etc/resolv.conf").stdout, re.MULTILINE)
