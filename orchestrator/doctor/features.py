"""What each kernel feature is needed for, how to get it, and what is left out without it."""

from __future__ import annotations

from attrs import frozen

from netproof.doctor.finding import EVERY_LAB


@frozen
class Feature:
    """Who needs a feature, what becomes of that without it, and the modules or kernel options that have it."""

    needed_for: str
    without: str
    modules: str
    options: str

    @property
    def remedy(self) -> str:
        """What to do on the engine's machine, and what happens if nobody does."""
        load = f"`modprobe -a {self.modules}` on the engine's machine, or a kernel with {self.options}."
        return f"{load} Without it {self.without}."


def _every_lab(modules: str, options: str) -> Feature:
    return Feature(EVERY_LAB, "no lab runs", modules, options)


FEATURES = {
    "bridge": _every_lab("bridge", "CONFIG_BRIDGE"),
    "veth": _every_lab("veth", "CONFIG_VETH"),
    "nftables": _every_lab("nf_tables", "CONFIG_NF_TABLES_INET, _IPV4 and _IPV6"),
    "iptables-nft": _every_lab(
        "nft_compat nft_chain_nat xt_addrtype xt_conntrack xt_MASQUERADE xt_nat",
        "CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_COMPAT",
    ),
    "conntrack": _every_lab("nf_conntrack_netlink", "CONFIG_NF_CT_NETLINK"),
    "iptables-legacy": Feature(
        "`lab up --firewall legacy`",
        "that flavour is refused by the engine",
        "iptable_filter iptable_nat xt_addrtype xt_conntrack xt_MASQUERADE xt_nat",
        "CONFIG_IP_NF_FILTER and CONFIG_IP_NF_NAT",
    ),
    "br_netfilter": Feature(
        "bridged packets in iptables (q1)", "claims on them are left out", "br_netfilter", "CONFIG_BRIDGE_NETFILTER"
    ),
    "nftrace": Feature("packet walks", "there are none", "nf_tables", "CONFIG_NF_TABLES"),
    "vxlan": Feature("overlay networks", "labs of them are left out", "vxlan", "CONFIG_VXLAN"),
    "esp": Feature(
        "encrypted overlay networks",
        "overlays run, but not encrypted",
        "esp4 gcm xt_policy xt_bpf xt_u32",
        "CONFIG_INET_ESP and CONFIG_CRYPTO_GCM",
    ),
    "ipvs": Feature(
        "Swarm services' virtual IPs and ingress ports",
        "dnsrr services and attachable overlays still work",
        "ip_vs ip_vs_rr",
        "CONFIG_IP_VS and CONFIG_IP_VS_RR",
    ),
    "macvlan": Feature("macvlan networks", "labs of them are left out", "macvlan", "CONFIG_MACVLAN"),
    "ipvlan": Feature("ipvlan networks", "claims on them are left out", "ipvlan", "CONFIG_IPVLAN"),
    "vlan": Feature("macvlan on a VLAN's interface", "claims on it are left out", "8021q", "CONFIG_VLAN_8021Q"),
    "dummy": Feature(
        "macvlan and ipvlan networks without a parent interface", "claims on them are left out", "dummy", "CONFIG_DUMMY"
    ),
    "netem": Feature(
        "faults that delay or lose packets", "those faults are left out", "sch_netem", "CONFIG_NET_SCH_NETEM"
    ),
}
