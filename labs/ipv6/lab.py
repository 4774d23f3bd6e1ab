"""ipv6: networks of IPv6 addresses, beside IPv4 or alone.

 dual 10.3.1.2 ──── both  10.3.1.1/24, 2001:db8:1::1/64 ──┐
 2001:db8:1::2            publishes 8080                  │ ┌────────┐ eth0               eth0
                                                          ├─┤  host  │ 203.0.113.2  ── 203.0.113.1   outsider
plain 10.3.2.2 ──── four  10.3.2.1/24 ────────────────────┘ └────────┘ 2001:db8::2  ── 2001:db8::1   HTTP on port 80
                          publishes 8081
                                                          ┌────────┐
                                                          │ stock  │ eth0               eth1
guest 10.3.3.2 ─── usual 10.3.3.1/24, 2001:db8:3::1/64 ───┤        │ 2001:db8:2::2 ── 2001:db8:2::1   outsider
2001:db8:3::2            publishes 8080                   └────────┘
                                                          an engine without settings
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="ipv6",
    shows="IPv6 networks: translated, alone, with addresses the engine chose, and to IPv4 containers.",
    wires=[Wire("wire", subnet=("203.0.113.0/24", "2001:db8::/64")), Wire("other", subnet="2001:db8:2::/64")],
    hosts=[
        LabHost(
            "host",
            # Before 27 IPv6 rules were an experiment.
            engine={"experimental": True, "ip6tables": True},
            links=[Link("eth0", wire="wire", address=("203.0.113.2", "2001:db8::2"))],
        ),
        LabHost("stock", links=[Link("eth0", wire="other", address="2001:db8:2::2")]),
    ],
    networks=[
        Network("both", on="host", subnet=("10.3.1.0/24", "2001:db8:1::/64"), ipv6=True),
        Network("four", on="host", subnet="10.3.2.0/24"),
        Network("usual", on="stock", subnet=("10.3.3.0/24", "2001:db8:3::/64"), ipv6=True),
    ],
    nodes=[
        Container(
            "dual",
            on="host",
            networks=[Join("both", address="10.3.1.2")],
            publish=["8080:80"],
            serves=[Http(80, address="::")],
        ),
        Container(
            "plain", on="host", networks=[Join("four", address="10.3.2.2")], publish=["8081:80"], serves=[Http(80)]
        ),
        Container(
            "guest",
            on="stock",
            networks=[Join("usual", address="10.3.3.2")],
            publish=["8080:80"],
            serves=[Http(80, address="::")],
        ),
        Outsider(
            "outsider",
            beside="host",
            links=[
                Link("eth0", wire="wire", address=("203.0.113.1", "2001:db8::1")),
                Link("eth1", wire="other", address="2001:db8:2::1"),
            ],
            serves=[Http(80, address="::")],
        ),
    ],
)
