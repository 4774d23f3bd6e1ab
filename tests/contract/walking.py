"""What tests of walks change in a lab, undone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from netproof.lab.running import RunningLab
from netproof.walk import Death, Walk

NODE = "netproof/node"


@contextmanager
def changed(lab: RunningLab, name: str, do: str, undo: str) -> Iterator[None]:
    """A lab in which a command has been run, and is undone."""
    done = lab.run(name, do, limit=60)
    try:
        assert done.rc == 0, done.stderr
        yield
    finally:
        lab.run(name, undo, limit=60)


@contextmanager
def rule(lab: RunningLab, words: str, name: str = "host", tool: str = "iptables -w") -> Iterator[None]:
    """A rule of iptables at the beginning of its chain: `-t nat -I CHAIN …`."""
    with changed(lab, name, f"{tool} {words}", f"{tool} {words.replace('-I ', '-D ', 1)}"):
        yield


@contextmanager
def container(lab: RunningLab, name: str, options: str, command: str) -> Iterator[None]:
    """A container of its own on the lab host."""
    with changed(lab, "host", f"docker run -d --name {name} {options} {NODE} {command}", f"docker rm -f {name}"):
        yield


@contextmanager
def server(lab: RunningLab, name: str, port: int, script: str, proto: str = "tcp") -> Iterator[None]:
    """A program in Python in a host or outsider, once something is open on its port."""
    agent, place = lab.at(name)
    label = f"test-{name}-{port}"
    agent.call(
        "spawn", name=label, place=place, argv=["python3", "-c", f"import socket, time\n{script}\ntime.sleep(600)"]
    )
    try:
        tool = "t" if proto == "tcp" else "u"
        opened = f"for i in $(seq 200); do ss -an{tool} | grep -q ':{port} ' && exit 0; sleep 0.05; done; exit 1"
        assert lab.run(name, opened, limit=30).rc == 0
        yield
    finally:
        agent.call("stop", name=label)


def died(found: Walk) -> Death:
    """The death of a walk that has one."""
    assert found.death is not None, found.outcome
    return found.death
