"""Types of a snapshot: what every namespace of a lab host holds at one moment.

Facts about links, addresses, routes, neighbours, FDB, sockets and flows come from netlink; rules from
`iptables-save` and `nft`; containers and networks from the engine's API; sysctls from /proc/sys/net.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import cattrs
from attrs import field, frozen

BUILT_IN = frozenset({"INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"})


@frozen
class Link:
    """An interface. `peer_index` is its veth peer's or parent's index in that one's own namespace.

    `peer_nsid` is this namespace's number for that one, see `Namespace.nsids`; None when it is the same.
    """

    name: str
    index: int
    kind: str
    mac: str
    mtu: int
    txqlen: int | None
    flags: list[str]
    promiscuity: int
    operstate: str
    master: str
    peer_index: int | None
    xdp: bool
    details: dict[str, Any]
    port: dict[str, Any]
    rx_packets: int
    tx_packets: int
    rx_dropped: int
    tx_dropped: int
    peer_nsid: int | None = None
    offloads: list[str] = field(factory=list)


@frozen
class Address:
    """An address (`a.b.c.d/n`) on an interface; `flags` are also lifetimes that end, label and metric."""

    interface: str
    address: str
    scope: str
    peer: str
    flags: list[str] = field(factory=list)
    broadcast: str = ""

    @property
    def odd_broadcast(self) -> str:
        """The broadcast address when it is not its subnet's last: with that one, or none, the kernel does the same."""
        last = str(ipaddress.ip_interface(self.address).network.broadcast_address)
        return self.broadcast if self.broadcast not in {"", last} else ""


@frozen
class Route:
    """A route of any table; empty strings where a field does not apply. `attributes`: metrics, tos, encap and such."""

    dst: str
    gateway: str
    interface: str
    source: str
    metric: int
    table: str
    protocol: str
    scope: str
    type: str
    hops: list[str]
    attributes: dict[str, str] = field(factory=dict)


@frozen
class Policy:
    """A routing policy rule (`ip rule`)."""

    family: str
    priority: int
    table: str
    action: Any
    match: dict[str, Any]


@frozen
class Neighbour:
    """An ARP or NDP entry."""

    interface: str
    address: str
    mac: str
    state: str


@frozen
class FdbEntry:
    """A forwarding entry of a bridge (`where` master) or of a VXLAN or other device (`where` self)."""

    interface: str
    mac: str
    state: str
    where: str
    remote: str
    vlan: int


@frozen
class Qdisc:
    """A queueing discipline."""

    interface: str
    kind: str
    handle: str
    parent: int


@frozen
class Socket:
    """A socket that accepts connections (tcp) or datagrams from anyone (udp)."""

    proto: str
    address: str
    port: int
    uid: int


@frozen
class Tuple:
    """One direction of a tracked connection."""

    proto: str
    src: str
    dst: str
    sport: int | None
    dport: int | None


@frozen
class Flow:
    """A tracked connection: as it was opened, and as its replies are expected."""

    original: Tuple
    reply: Tuple
    state: str
    mark: int


@frozen
class Rule:
    """An iptables rule, as iptables-save writes it, with its counters (packets, bytes)."""

    chain: str
    rule: str
    packets: int
    bytes: int


@frozen
class Chain:
    """An iptables chain; `policy` is empty for those people or Docker made."""

    policy: str
    packets: int
    bytes: int


@frozen
class Table:
    """An iptables table. `foreign`: it holds something iptables cannot show, see `Netfilter.nft`."""

    chains: dict[str, Chain]
    rules: list[Rule]
    foreign: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it but chains that let everything pass."""
        plain = all(name in BUILT_IN and about.policy == "ACCEPT" for name, about in self.chains.items())
        return plain and not self.rules and not self.foreign


@frozen
class Netfilter:
    """Firewall rules: iptables' by flavour (`iptables-nft`, …) and table, and what only nftables shows.

    `nft` is {`table ip mine chain input`: its lines}; `unread` is why there is neither, where a tool failed;
    `printed` are tables of iptables in the form of `nft`.
    """

    iptables: dict[str, dict[str, Table]]
    nft: dict[str, list[str]]
    unread: list[str] = field(factory=list)
    printed: dict[str, list[str]] = field(factory=dict)


@frozen
class Namespace:
    """Everything in one network namespace; `nsids` are its numbers for other places, `inode` tells it from others
    that are there now, `cookie` from all there ever were (0 before Linux 5.14).

    `labels`, `proxies` (`ADDRESS dev NAME`), `nexthops`, `xfrm` and `traffic_control` are as `ip` and `tc` list them;
    `files` are {path: mode and lines} that only this namespace's commands are shown.
    """

    links: list[Link]
    addresses: list[Address]
    routes: list[Route]
    policies: list[Policy]
    neighbours: list[Neighbour]
    fdb: list[FdbEntry]
    qdiscs: list[Qdisc]
    sockets: list[Socket]
    sysctls: dict[str, str]
    netfilter: Netfilter
    flows: list[Flow]
    nsids: dict[str, int] = field(factory=dict)
    labels: list[str] = field(factory=list)
    proxies: list[str] = field(factory=list)
    nexthops: list[str] = field(factory=list)
    xfrm: list[str] = field(factory=list)
    traffic_control: list[str] = field(factory=list)
    inode: int = 0
    cookie: int = 0
    files: dict[str, list[str]] = field(factory=dict)


@frozen
class ContainerFact:
    """A container, as its engine describes it.

    `settings` are what `docker run` and `docker update` set, by flag; `inode` is its network namespace's, 0 where it
    does not run; `files` are {path: mode and lines, or a digest} of what it has of its own; `halted` are processes that
    a signal has stopped.
    """

    name: str
    id: str
    image: str
    state: str
    started: str
    mode: str
    command: list[str]
    ports: dict[str, Any]
    networks: dict[str, dict[str, Any]]
    labels: dict[str, str]
    settings: dict[str, str] = field(factory=dict)
    inode: int = 0
    files: dict[str, list[str]] = field(factory=dict)
    halted: list[str] = field(factory=list)


@frozen
class NetworkFact:
    """A Docker network."""

    name: str
    id: str
    driver: str
    internal: bool
    subnets: list[str]
    options: dict[str, str]


@frozen
class EngineFact:
    """The engine of a lab host: its processes, and what it runs when it answers; `halted` are the lab host's."""

    answers: bool
    version: str
    dockerd: list[int]
    containerd: list[int]
    containers: list[ContainerFact] = field(factory=list)
    networks: list[NetworkFact] = field(factory=list)
    halted: list[str] = field(factory=list)


@frozen
class Snapshot:
    """One lab host: its kernel, engine, servers we started, files, programs, and every namespace by place."""

    kernel: str
    engine: EngineFact
    spawned: dict[str, dict[str, Any]]
    namespaces: dict[str, Namespace]
    files: dict[str, list[str]] = field(factory=dict)
    programs: dict[str, str] = field(factory=dict)
    format: int = 0


def structure(raw: dict[str, Any]) -> dict[str, Snapshot]:
    """{lab host: snapshot} from what the agents sent or a file kept."""
    return cattrs.structure(raw, dict[str, Snapshot])


def flow(raw: dict[str, Any]) -> Flow:
    """One flow from what the agent sent."""
    return cattrs.structure(raw, Flow)
