"""settings: three engines, each with one setting that changes how containers are reached.

caller     eth0 ─── bare ────── eth0 ┌─────────────────┐ docker0 172.17.0.1/16   plain    172.17.0.2
203.0.113.1            203.0.113.2   │     norules     ├───────────────────────  8080 → 80, 81 not published
routes to plain: via norules         │ iptables: false │ apart   10.60.1.1/24    sibling  10.60.1.2
                                     └─────────────────┘

client     eth0 ─── line ────── eth0 ┌─────────────────────┐ docker0 172.17.0.1/16
198.51.100.1           198.51.100.2  │       noproxy       ├───────────────────  web  172.17.0.2  8080 → 80
                                     │userland-proxy: false│
                                     └─────────────────────┘
                                     ┌─────────────────┐ docker0 172.17.0.1/16   small    172.17.0.2
                                     │     narrow      ├───────────────────────
                                     │    mtu: 1400    │ custom  10.60.2.1/24    large    10.60.2.2
                                     └─────────────────┘
"""

from orchestrator.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="settings",
    shows="What the engine's own settings change: no rules, no userland proxy, a smaller MTU.",
    question="",
    wires=[Wire("bare", subnet="203.0.113.0/24"), Wire("line", subnet="198.51.100.0/24")],
    hosts=[
        LabHost("norules", engine={"iptables": False}, links=[Link("eth0", wire="bare", address="203.0.113.2")]),
        LabHost("noproxy", engine={"userland-proxy": False}, links=[Link("eth0", wire="line", address="198.51.100.2")]),
        LabHost("narrow", engine={"mtu": 1400}),
    ],
    networks=[
        Network("apart", on="norules", subnet="10.60.1.0/24"),
        Network("custom", on="narrow", subnet="10.60.2.0/24"),
    ],
    nodes=[
        Container("plain", on="norules", address="172.17.0.2", publish="8080:80", serves=[Http(80), Http(81)]),
        Container("sibling", on="norules", networks=[Join("apart", address="10.60.1.2")], serves=[Http(80)]),
        Container("web", on="noproxy", address="172.17.0.2", publish="8080:80", serves=[Http(80)]),
        Container("small", on="narrow", address="172.17.0.2"),
        Container("large", on="narrow", networks=[Join("custom", address="10.60.2.2")]),
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
