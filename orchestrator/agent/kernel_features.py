"""What the kernel under a lab host can do, tried out in a scratch namespace of its own.

Each trial asks for what labs and engines ask for, not for more. A kernel that can load modules may load
one when it is asked; a lab would make it do the same.
"""

from __future__ import annotations

import os
from typing import Any

from . import commands, wires

_SCRATCH = "netproof-probe"
_LIMIT = 10
# The kinds of rules a Docker engine writes.
_RULES = (
    "{0} -t nat -A PREROUTING -m addrtype --dst-type LOCAL -p tcp --dport 80 -j DNAT --to-destination 10.0.0.2"
    " && {0} -t nat -A POSTROUTING -s 10.0.0.0/8 ! -o lo -j MASQUERADE"
    " && {0} -t filter -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
)
# An engine picks packets out of an encrypted overlay with one of two matches: u32 until 20.10, then bpf.
_PICK = """
for t in iptables-nft iptables-legacy; do
  $t -A INPUT -m policy --dir in --pol ipsec -j ACCEPT &&
  { $t -A OUTPUT -m bpf --bytecode '1,6 0 0 1' || $t -A OUTPUT -m u32 --u32 '0=0'; } && exit 0
done
exit 1
"""


def _there(path: str) -> str:
    """A trial for what a kernel shows only as a file."""
    return f"test -e {path} || {{ echo 'there is no {path}'; exit 1; }}"


# What each feature is needed for is said by `invoke doctor`; here is only how to try it.
_TRIALS = {
    "bridge": "ip link add b0 type bridge",
    "veth": "ip link add v0 type veth peer name v1",
    "vxlan": "ip link add x0 type vxlan id 4096 dstport 4789 proxy l2miss l3miss && ip link set x0 up",
    "macvlan": "ip link add e0 type veth peer name e1 && ip link add m0 link e0 type macvlan mode bridge",
    "ipvlan": "ip link add e2 type veth peer name e3 && ip link add i0 link e2 type ipvlan mode l2",
    "vlan": "ip link add e4 type veth peer name e5 && ip link add link e4 name e4.5 type vlan id 5",
    "dummy": "ip link add d0 type dummy",
    "netem": "tc qdisc add dev lo root netem delay 1ms",
    "nftables": "nft add table inet probe && nft add chain inet probe c '{ type filter hook input priority 0 ; }'"
    " && nft add rule inet probe c tcp dport 80 counter drop",
    "iptables-nft": _RULES.format("iptables-nft"),
    "iptables-legacy": _RULES.format("iptables-legacy"),
    "conntrack": "conntrack -L",
    "nftrace": "nft add table ip probe2 && nft add chain ip probe2 c '{ type filter hook prerouting priority -350 ; }'"
    " && nft add rule ip probe2 c meta nftrace set 1",
    # Asked for over netlink, as engines do, the kernel loads it if it can.
    "ipvs": f"genl ctrl get name IPVS >/dev/null 2>&1; {_there('/proc/net/ip_vs')}",
    "esp": "ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 1 mode transport"
    " aead 'rfc4106(gcm(aes))' 0x0102030405060708090a0b0c0d0e0f1011121314 64"
    " && ip xfrm policy add src 192.0.2.1 dst 192.0.2.2 proto udp dport 4789 dir out"
    " tmpl src 192.0.2.1 dst 192.0.2.2 proto esp mode transport"
    f" || exit 1; {_PICK}",
    "br_netfilter": _there("/proc/sys/net/bridge/bridge-nf-call-iptables"),
}


def _try(trial: str) -> dict[str, Any]:
    result = commands.run(f"netns:{_SCRATCH}", trial, timeout=_LIMIT)
    if result["rc"] == 0:
        return {"works": True, "why": ""}
    said = (result["stderr"] + result["stdout"]).split("\n")
    late = f"no answer within {_LIMIT} s" if result["timed_out"] else f"exit code {result['rc']}"
    return {"works": False, "why": " ".join(line.strip() for line in said if line.strip()) or late}


def features() -> dict[str, Any]:
    """{feature: {"works": bool, "why": what the kernel answered if it does not}}; leaves nothing behind."""
    wires.remove_netns(_SCRATCH)
    try:
        wires.make_netns(_SCRATCH)
        return {"kernel": os.uname().release, "features": {name: _try(trial) for name, trial in _TRIALS.items()}}
    finally:
        wires.remove_netns(_SCRATCH)
