"""settings: two engines with settings that change how containers are reached, and how large their packets are.

caller     eth0 ─── bare ─── eth0 ┌─────────────────────┐ docker0 172.17.0.1/16   plain    172.17.0.2
203.0.113.1         203.0.113.2   │       norules       ├───────────────────────  8080 → 80, 81 not published
routes to plain: via norules      │   iptables: false   │
                                  │      mtu: 1400      ├── apart 10.60.1.1/24 ─  sibling  10.60.1.2
                                  └─────────────────────┘
client     eth0 ─── line ─── eth0 ┌─────────────────────┐ docker0 172.17.0.1/16
198.51.100.1        198.51.100.2  │       noproxy       ├───────────────────────  web      172.17.0.2
                                  │userland-proxy: false│                         8080 → 80
                                  └─────────────────────┘
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="settings",
    shows="What the engine's own settings change: no rules, no userland proxy, a smaller MTU.",
    wires=[Wire("bare", subnet="203.0.113.0/24"), Wire("line", subnet="198.51.100.0/24")],
    hosts=[
        LabHost(
            "norules",
            engine={"iptables": False, "mtu": 1400},
            links=[Link("eth0", wire="bare", address="203.0.113.2")],
        ),
        LabHost("noproxy", engine={"userland-proxy": False}, links=[Link("eth0", wire="line", address="198.51.100.2")]),
    ],
    networks=[Network("apart", on="norules", subnet="10.60.1.0/24")],
    nodes=[
        Container("plain", on="norules", address="172.17.0.2", publish="8080:80", serves=[Http(80), Http(81)]),
        Container("sibling", on="norules", networks=[Join("apart", address="10.60.1.2")]),
        Container("web", on="noproxy", address="172.17.0.2", publish="8080:80", serves=[Http(80)]),
        Outsider(
            "caller",
            beside="norules",
            links=[Link("eth0", wire="bare", address="203.0.113.1")],
            routes={"172.17.0.0/16": "203.0.113.2"},
            serves=[Http(80)],
        ),
        Outsider("client", beside="noproxy", links=[Link("eth0", wire="line", address="198.51.100.1")]),
    ],
)
