"""What several claims of overlay do, kept out of the way of what they claim."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from netproof.errors import AgentError
from netproof.facts.model import Link, Namespace
from netproof.facts.packets import Packet
from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.observe import Capture
from netproof.lab.running import RunningLab
from netproof.wait import until

GOSSIP = 20.0  # seconds within which swarm nodes tell each other what is new
_MEGABYTE = 1_000_000
_PORT = 5201
_ANYBODY = "00:00:00:00:00:00"

# An overlay cannot go before every node has told the manager that it no longer uses it.
_REMOVE = (
    "timeout 20 sh -c 'while docker network inspect {0}; do docker network rm {0}; sleep 0.1; done' >/dev/null 2>&1"
)
_settled: set[str] = set()  # labs that have been waited for
# Its namespaces go a moment after the last container that used them.
_UNTIL_LEFT = "timeout 20 sh -c 'while grep -qE \"/(1-|lb_){0}\" /proc/self/mountinfo; do sleep 0.1; done'"
_UNTIL_UNKNOWN = "timeout 20 sh -c 'while nsenter --net={file} ip neigh show | grep -q {address}; do sleep 0.1; done'"


def hidden(lab: RunningLab, host: str, network: str = "across") -> tuple[str, Namespace]:
    """(file, facts) of the namespace in which a host's engine keeps an overlay's br0 and vxlan0."""
    number = lab.engine(host).api.inspect_network(network)["Id"]
    found = observe.engines_own(lab, host)
    file = next((file for file in found if file.endswith(f"/1-{number[:10]}")), "")
    assert file, f"{host} has no namespace for {network}; it has {sorted(found)}"
    return file, found[file]


def vni_of(lab: RunningLab) -> int:
    """The number of the network `across` on the wire, as the manager's engine says."""
    options = lab.engine("node1").api.inspect_network("across")["Options"]
    return int(options["com.docker.network.driver.overlay.vxlanid_list"])


def interface(space: Namespace, name: str) -> Link:
    """The interface of this name."""
    found = [link for link in space.links if link.name == name]
    assert found, f"there is no interface {name}, only {[link.name for link in space.links]}"
    return found[0]


@contextmanager
def capture_in(lab: RunningLab, host: str, file: str, name: str) -> Iterator[Capture]:
    """Packets on an interface of a namespace that is the engine's own."""
    agent = lab.agent(host)
    found = Capture(agent, agent.call("capture.start", place=f"path:{file}", interface=name))
    try:
        yield found
    finally:
        found.stop()


def meet(lab: RunningLab) -> bool:
    """Whether left reaches right, once the nodes have heard of each other."""
    return bool(until(lambda: observe.ping(lab, "left", "10.1.0.20", seconds=0.5).replies, GOSSIP))


def carried(packets: list[Packet], proto: str = "", src: str = "") -> list[Packet]:
    """The VXLAN packets among these, by the protocol and source of what they carry."""
    inside = [(packet, packet.inner) for packet in packets if packet.inner is not None]
    return [packet for packet, inner in inside if proto in {"", inner.proto} and src in {"", inner.src}]


def carries(proto: str, dst: str, packet: Packet) -> bool:
    """Whether a packet is VXLAN that carries this protocol to this address."""
    return packet.inner is not None and (packet.inner.proto, packet.inner.dst) == (proto, dst)


def _ends(space: Namespace) -> tuple[int, int]:
    """(how many containers and load balancers an overlay has on this node, how many it knows on others)."""
    ports = [link for link in space.links if link.kind == "veth" and link.master == "br0"]
    known = [item for item in space.fdb if item.remote and item.state == "PERMANENT" and item.mac != _ANYBODY]
    return len(ports), len(known)


def _is_settled(lab: RunningLab) -> bool:
    try:
        one, two = (observe.engines_own(lab, host) for host in ("node1", "node2"))
    except AgentError:  # an interface went away while it was looked at
        return False
    overlays = {file for file in (*one, *two) if "/1-" in file}
    boxes = [space for found in (one, two) for file, space in found.items() if file.endswith("/ingress_sbox")]
    return (
        len(boxes) == 2
        and all({"eth0", "eth1"} <= {item.interface for item in box.addresses} for box in boxes)
        and all(file in one and file in two and _ends(one[file]) == _ends(two[file])[::-1] for file in overlays)
    )


def settle(lab: RunningLab) -> None:
    """Wait, once for each lab, until both nodes have their ingress and know of each other's containers."""
    built = ",".join(found.id for found in lab.hosts.values())
    if built not in _settled:
        _settled.add(built)
        until(lambda: _is_settled(lab), GOSSIP)


def overlay(change: Change, name: str, options: str) -> None:
    """An attachable overlay for the time of a test; at its end the nodes have left it before it is removed."""
    create = f"docker network create -d overlay --attachable {options} {name}"
    number = change.run("node1", create, _REMOVE.format(name))
    for node in ("node1", "node2"):
        change.run(node, "true", _UNTIL_LEFT.format(number[:9]))


def visitor(lab: RunningLab, change: Change, host: str, name: str, address: str) -> None:
    """A container in `across` for the time of a test; at its end the other node has forgotten it."""
    other = {"node1": "node2", "node2": "node1"}[host]
    change.run(other, "true", _UNTIL_UNKNOWN.format(file=hidden(lab, other)[0], address=address))
    change.container(host, name, f"--network across --ip {address}")


def run_in(lab: RunningLab, host: str, container: str, command: str) -> str:
    """The output of a command in a container that a test has made."""
    answer = lab.agent(host).call("run", place=f"container:{container}", command=command, stdin=None, timeout=20)
    return str(answer["stdout"] + answer["stderr"])


def throughput(lab: RunningLab, sender: str, receiver: str, address: str) -> str:
    """How much half a second of TCP carries from one to the other."""
    agent, place = lab.at(receiver)
    taking = f"timeout 15 socat -u -b 65536 TCP-LISTEN:{_PORT},reuseaddr - | wc -c"
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(lab.run, receiver, taking, None, 20)
        agent.call("listening", place=place, port=_PORT, proto="tcp", seconds=10)
        lab.run(sender, f"timeout 0.5 socat -u -b 65536 OPEN:/dev/zero TCP:{address}:{_PORT}", limit=15)
        count = int(taken.result().stdout or 0)
    return f"{count / _MEGABYTE:.0f} MB in half a second"
