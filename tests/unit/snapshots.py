"""Small raw snapshots, as agents send them: a lab host with a bridge, one container, and its engine."""

from __future__ import annotations

from typing import Any

from netproof.state.baseline import FORMAT

Raw = dict[str, Any]
HOST, CLIENT = "host", "container:client"


def link(name: str, index: int, **changes: Any) -> Raw:
    """An Ethernet interface that is up."""
    return {
        "name": name,
        "index": index,
        "kind": "",
        "mac": f"02:00:00:00:00:{index:02x}",
        "mtu": 1500,
        "txqlen": 1000,
        "flags": ["UP"],
        "promiscuity": 0,
        "operstate": "UP",
        "master": "",
        "peer_index": None,
        "xdp": False,
        "details": {},
        "port": {},
        "rx_packets": 0,
        "tx_packets": 0,
        "rx_dropped": 0,
        "tx_dropped": 0,
        **changes,
    }


def route(dst: str, **changes: Any) -> Raw:
    """A route of the main table that somebody wrote."""
    return {
        "dst": dst,
        "gateway": "",
        "interface": "",
        "source": "",
        "metric": 0,
        "table": "main",
        "protocol": "boot",
        "scope": "global",
        "type": "unicast",
        "hops": [],
        **changes,
    }


def rule(chain: str, text: str, packets: int = 0) -> Raw:
    """An iptables rule with counters."""
    return {"chain": chain, "rule": text, "packets": packets, "bytes": packets * 60}


def table(rules: list[Raw], **policies: str) -> Raw:
    """An iptables table with chains of these policies."""
    chains = {name: {"policy": policy, "packets": 0, "bytes": 0} for name, policy in policies.items()}
    return {"chains": chains, "rules": rules}


def namespace(**changes: Any) -> Raw:
    """A network namespace with nothing in it but what is given."""
    lists = ["links", "addresses", "routes", "policies", "neighbours", "fdb", "qdiscs", "sockets", "flows"]
    lists += ["labels", "proxies", "xfrm", "traffic_control"]
    return {name: [] for name in lists} | {"sysctls": {}, "netfilter": {"iptables": {}, "nft": {}}} | changes


def lab(veth: str = "veth12ab34c", mac: int = 5, identity: str = "a", network: str = "c") -> Raw:
    """{lab host: raw snapshot}; what is chosen anew each time a lab is built can be given."""
    client_mac = f"02:42:0a:00:00:{mac:02x}"
    outer_mac = f"de:ad:be:ef:00:{mac:02x}"
    bridge = f"br-{network * 12}"
    nat = [rule("POSTROUTING", "-s 10.0.0.0/8 ! -o docker0 -j MASQUERADE")]
    forward = [rule("FORWARD", "-o docker0 -j DOCKER"), rule("FORWARD", f"-i {bridge} -j ACCEPT")]
    host = namespace(
        inode=100,
        links=[
            link("lo", 1, mac="00:00:00:00:00:00"),
            link("docker0", 2, kind="bridge", mac="02:42:00:00:00:01"),
            link(veth, 7, kind="veth", mac=outer_mac, master="docker0", peer_index=6, port={"state": 3}),
        ],
        addresses=[{"interface": "docker0", "address": "10.0.0.1/8", "scope": "global", "peer": ""}],
        routes=[route("10.0.0.0/8", interface="docker0", source="10.0.0.1", protocol="kernel", scope="link")],
        policies=[{"family": "ip", "priority": 32766, "table": "main", "action": 1, "match": {}}],
        neighbours=[{"interface": "docker0", "address": "10.0.0.2", "mac": client_mac, "state": "REACHABLE"}],
        fdb=[
            {
                "interface": veth,
                "mac": outer_mac,
                "state": "PERMANENT",
                "where": "master",
                "remote": "",
                "vlan": 0,
            }
        ],
        qdiscs=[{"interface": veth, "kind": "noqueue", "handle": "0:", "parent": 0xFFFFFFFF}],
        sockets=[{"proto": "tcp", "address": "0.0.0.0", "port": 22, "uid": 0}],  # noqa: S104 - a fact, not a server
        sysctls={"net.ipv4.ip_forward": "1", f"net.ipv4.conf.{veth}.forwarding": "1"},
        netfilter={
            "iptables": {
                "iptables-nft": {
                    "nat": table(nat, POSTROUTING="ACCEPT"),
                    "filter": table(forward, INPUT="ACCEPT", FORWARD="DROP", DOCKER=""),
                }
            },
            "nft": {},
        },
    )
    client = namespace(
        links=[link("eth0", 6, kind="veth", mac=client_mac, peer_index=7)],
        addresses=[{"interface": "eth0", "address": "10.0.0.2/8", "scope": "global", "peer": ""}],
        routes=[route("0.0.0.0/0", gateway="10.0.0.1", interface="eth0")],
        inode=200,
    )
    container = {
        "name": "client",
        "id": identity * 64,
        "image": "netproof/node",
        "state": "running",
        "started": f"2025-01-01T00:00:{mac:02d}Z",
        "mode": "bridge",
        "command": ["sleep", "infinity"],
        "ports": {},
        "networks": {"bridge": {"address": "10.0.0.2", "mac": client_mac, "gateway": "10.0.0.1"}},
        "labels": {},
        "inode": 200,
        "files": {"/etc/hosts": ["-rw-r--r-- 0:0", "127.0.0.1 localhost"]},
    }
    networks = [
        {
            "name": "bridge",
            "id": identity.upper() * 64,
            "driver": "bridge",
            "internal": False,
            "subnets": ["10.0.0.0/8"],
        },
        {"name": "second", "id": network * 64, "driver": "bridge", "internal": False, "subnets": ["10.1.0.0/16"]},
    ]
    return {
        "host": {
            "format": FORMAT,
            "kernel": "6.1.0",
            "engine": {
                "answers": True,
                "version": "26.1.5",
                "dockerd": [mac],
                "containerd": [mac + 1],
                "containers": [container],
                "networks": [{**each, "options": {}} for each in networks],
            },
            "programs": {"/usr/sbin/ip": "mode 755"},
            "spawned": {"web": {"alive": True, "place": "netns:outsider"}},
            "namespaces": {HOST: host, CLIENT: client},
        }
    }


def space(raw: Raw, place: str = HOST) -> Raw:
    """One namespace of a raw snapshot, to be changed in place."""
    found: Raw = raw["host"]["namespaces"][place]
    return found
