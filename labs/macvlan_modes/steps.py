"""What the claims of macvlan-modes do, kept out of the way of what they claim."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from netproof.facts.model import Link
from netproof.fixtures.changes import Change
from netproof.lab.observe import namespace
from netproof.lab.running import Result, RunningLab
from netproof.wait import until

_ARRIVAL = 10.0
_SILENCE = 1.2  # seconds without an answer: an ARP request and its repetition
Way = tuple[str, str]


def run_in(lab: RunningLab, name: str, words: str | list[str]) -> Result:
    """A command in a node of the lab, or in a container that a test has made."""
    place = lab.at(name)[1] if name in lab.lab.places else f"container:{name}"
    return Result(**lab.agent("host").call("run", place=place, command=words, stdin=None, timeout=30))


def _ping(lab: RunningLab, way: Way, seconds: float) -> bool:
    return run_in(lab, way[0], ["ping", "-n", "-c", "1", "-W", str(seconds), way[1]]).rc == 0


def reached(lab: RunningLab, *ways: Way) -> list[Way]:
    """Of (from, address), those whose pings are answered; all at once, each as soon as one is."""
    with ThreadPoolExecutor(len(ways)) as pool:
        found = list(pool.map(lambda way: until(lambda: _ping(lab, way, 1), _ARRIVAL), ways))
    return [way for way, answered in zip(ways, found, strict=True) if answered]


def silent(lab: RunningLab, *ways: Way) -> list[Way]:
    """Of (from, address), those whose ping stays without an answer."""
    with ThreadPoolExecutor(len(ways)) as pool:
        found = list(pool.map(lambda way: _ping(lab, way, _SILENCE), ways))
    return [way for way, answered in zip(ways, found, strict=True) if not answered]


def arrows(ways: list[Way]) -> list[str]:
    """These ways for people to read."""
    return [f"{name} -> {address}" for name, address in ways]


def interface(lab: RunningLab, name: str, link: str = "eth0") -> Link:
    """An interface of a host or node."""
    found = [item for item in namespace(lab, name).links if item.name == link]
    assert found, f"{name} has no interface {link}"
    return found[0]


def try_network(lab: RunningLab, change: Change, name: str, options: str) -> Result:
    """Try to create a network that the engine may refuse; it is gone when the test ends."""
    change.run("host", "true", f"docker network rm {name} >/dev/null 2>&1 || true")
    return lab.run("host", f"docker network create {options} {name}", limit=30)


def try_container(lab: RunningLab, change: Change, name: str, options: str) -> Result:
    """Try to run a container that the engine may refuse; it is gone when the test ends."""
    change.run("host", "true", f"docker rm -f {name} >/dev/null 2>&1 || true")
    return lab.run("host", f"docker run -d --name {name} {options} netproof/node sleep infinity", limit=30)


def ipvlan_pair(change: Change, mode: str, subnets: list[str], addresses: list[str]) -> None:
    """Two containers, `MODE-a` and `MODE-b`, in an ipvlan network on eth5."""
    pools = " ".join(f"--subnet {subnet}" for subnet in subnets)
    change.network("host", f"{mode}-net", f"-d ipvlan -o parent=eth5 -o ipvlan_mode={mode} {pools}")
    for letter, address in zip("ab", addresses, strict=True):
        change.container("host", f"{mode}-{letter}", f"--network {mode}-net --ip {address}")


def remove_pair(lab: RunningLab, mode: str) -> None:
    """Free eth5: the mode of ipvlan is its parent's."""
    removed = lab.run("host", f"docker rm -f {mode}-a {mode}-b && docker network rm {mode}-net", limit=30)
    assert removed.rc == 0, removed.stderr
