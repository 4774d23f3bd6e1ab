"""What the claims of restart do, kept out of the way of what they claim."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from netproof.facts import Flat, flatten, structure
from netproof.lab import observe
from netproof.lab.running import Result, RunningLab
from netproof.wait import until

TABLES = ("raw", "mangle", "nat", "filter")

# One connection to an echo server: a word there and back, a sign that it is open, and at a sign the next word.
_ECHO_TWICE = """
import pathlib, socket, sys, time
address, port, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
connection = socket.create_connection((address, port), 10)
connection.settimeout(15)
def echoed(word):
    connection.sendall(word)
    return connection.recv(64).decode()
print(echoed(b"before"), flush=True)
(folder / "open").touch()
while not (folder / "go").exists():
    time.sleep(0.02)
print(echoed(b"after"))
"""
_FOLDER = "/run/echo-twice"


class Conversation:
    """A connection from one place to an echo server that has answered once, and will be asked again."""

    def __init__(self, lab: RunningLab, end: Future[Result]) -> None:
        self._lab = lab
        self._end = end

    def finish(self) -> list[str]:
        """Ask again on the same connection: what came back, both times; how it failed when something did not."""
        self._lab.run("host", f"touch {_FOLDER}/go")
        result = self._end.result()
        return result.stdout.split() + result.stderr.splitlines()[-1:]


@contextmanager
def conversation(lab: RunningLab, name: str, address: str, port: int) -> Iterator[Conversation]:
    """A connection from an outsider beside `host`, opened and in use before this returns."""
    lab.run("host", f"rm -rf {_FOLDER} && mkdir {_FOLDER}")
    command = ["python3", "-c", _ECHO_TWICE, address, str(port), _FOLDER]
    with ThreadPoolExecutor(1) as pool:
        end = pool.submit(lab.run, name, command, limit=60)
        try:
            is_open = until(lambda: end.done() or lab.run("host", f"test -e {_FOLDER}/open").rc == 0, 15)
            assert is_open, "the echo server did not answer"
            assert not end.done(), f"the echo server did not answer: {end.result().stderr}"
            yield Conversation(lab, end)
        finally:
            lab.run("host", f"touch {_FOLDER}/go")
            end.result()
            lab.run("host", f"rm -rf {_FOLDER}")


def rules(lab: RunningLab, host: str) -> list[str]:
    """Every iptables rule of a host, sorted: a new engine writes the same rules in another order."""
    return sorted(
        f"-t {table} -A {rule.chain} {rule.rule}" for table in TABLES for rule in observe.table(lab, host, table).rules
    )


def state(lab: RunningLab) -> Flat:
    """Every comparable fact of the lab but the engines' processes and the order of rules."""
    return {
        key: tuple(sorted(value)) if isinstance(value, tuple) else value
        for key, value in flatten(structure(lab.snapshot())).items()
        if key[1:] != ("engine", "processes")
    }


# Stands in for iptables: once the engine's own chain in nat is there again, and nothing in it, the engine has to wait.
_WAITING = r"""#!/bin/sh
/etc/alternatives/iptables "$@"
code=$?
case "$*" in *"-t nat -N DOCKER")
    : >/run/waiting/held
    until test -e /run/waiting/go; do sleep 0.02; done
esac
exit $code
"""
# The engine keeps the path at which it found iptables, so that it is the link there that leads elsewhere meanwhile.
_LINK = "ln -s {to} /run/waiting/link && mv -T /run/waiting/link /usr/sbin/iptables"
_TO_WAIT = "mkdir /run/waiting && cat >/run/waiting/iptables && chmod +x /run/waiting/iptables && "
_TO_WAIT += _LINK.format(to="/run/waiting/iptables")
_AS_BEFORE = _LINK.format(to="/etc/alternatives/iptables") + " && rm -r /run/waiting"
_IMAGE = "netproof/node sleep infinity"


@contextmanager
def held_while_starting(lab: RunningLab) -> Iterator[None]:
    """The engine of `host` restarts, and waits meanwhile between the rules it deletes and those it writes."""
    assert lab.run("host", _TO_WAIT, stdin=_WAITING).rc == 0, "nothing could be put in front of iptables"
    with ThreadPoolExecutor(1) as pool:
        end = pool.submit(lab.run, "host", "systemctl restart docker", limit=120)
        try:
            held = until(lambda: end.done() or lab.run("host", "test -e /run/waiting/held").rc == 0, 60)
            assert held, "the engine did not come to write its rules"
            assert not end.done(), f"the engine started without writing its rules: {end.result().stderr}"
            yield
        finally:
            lab.run("host", "touch /run/waiting/go")
            result = end.result()
            assert lab.run("host", _AS_BEFORE).rc == 0, "iptables is not as it was"
    assert result.rc == 0, f"the engine did not start: {result.stderr}"


@contextmanager
def container_on_another_bridge(lab: RunningLab, name: str) -> Iterator[None]:
    """A container of `host` on a network of its own, meanwhile."""
    try:
        made = lab.run("host", f"docker network create {name} && docker run -d --name {name} --network {name} {_IMAGE}")
        assert made.rc == 0, f"no container could be started on another bridge: {made.stderr}"
        yield
    finally:
        lab.run("host", f"docker rm -fv {name}; docker network rm {name}", limit=60)
