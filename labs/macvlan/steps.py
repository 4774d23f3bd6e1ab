"""What several claims of macvlan do, kept out of the way of what they claim."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from netproof.facts.model import Link
from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.wait import until

_ARRIVAL = 10.0
_SILENCE = 1.2  # seconds without an answer: an ARP request and its repetition


def interface(lab: RunningLab, name: str, link: str) -> Link:
    """An interface of a host or node."""
    found = [item for item in observe.namespace(lab, name).links if item.name == link]
    assert found, f"{name} has no interface {link}"
    return found[0]


def ping_in(lab: RunningLab, container: str, address: str, seconds: float = 1) -> bool:
    """Whether a container, also one that a test has made, gets an answer to one ping."""
    words = ["ping", "-n", "-c", "1", "-W", str(seconds), address]
    answer = lab.agent("host").call("run", place=_place(lab, container), command=words, stdin=None, timeout=20)
    return bool(answer["rc"] == 0)


def _place(lab: RunningLab, name: str) -> str:
    return lab.at(name)[1] if name in lab.lab.places else f"container:{name}"


def reaches(lab: RunningLab, container: str, address: str) -> bool:
    """Whether pings are answered, as soon as one is."""
    return until(lambda: ping_in(lab, container, address), _ARRIVAL)


def unanswered(lab: RunningLab, ways: Iterable[tuple[str, str]]) -> dict[str, bool]:
    """{"host -> 192.0.2.1": whether its ping stayed without an answer} for (from, address), all at once."""
    pairs = list(ways)
    with ThreadPoolExecutor(len(pairs)) as pool:
        answered = list(pool.map(lambda pair: ping_in(lab, pair[0], pair[1], _SILENCE), pairs))
    return {f"{name} -> {address}": not got for (name, address), got in zip(pairs, answered, strict=True)}


def on_eth1(change: Change, name: str, mode: str = "", subnet: str = "192.168.3.0/24") -> str:
    """Make a macvlan network with parent eth1; returns its name."""
    option = f"-o macvlan_mode={mode}" if mode else ""
    gateway = subnet.replace(".0/24", ".1")
    change.network("host", name, f"-d macvlan -o parent=eth1 {option} --subnet {subnet} --gateway {gateway}")
    return name


def pair_on_eth1(change: Change, mode: str) -> None:
    """Two containers, 192.168.3.100 and .101, in a network of this mode: `MODE-a` and `MODE-b`."""
    network = on_eth1(change, f"{mode}-net", mode)
    change.container("host", f"{mode}-a", f"--network {network} --ip 192.168.3.100")
    change.container("host", f"{mode}-b", f"--network {network} --ip 192.168.3.101")


def remove_pair(lab: RunningLab, mode: str) -> None:
    """Free eth1 for the next network."""
    removed = lab.run("host", f"docker rm -f {mode}-a {mode}-b && docker network rm {mode}-net", limit=30)
    assert removed.rc == 0, removed.stderr
