"""addresses: which addresses the engine gives to networks, interfaces and containers, and for how long.

witness 10.22.1.2 ──┐
                    ├── static 10.22.1.1/24 ─── br-static ┌────────┐
(what tests make) ──┘                                     │  host  ├── eth0 203.0.113.2
                                                          │        │      │
short   10.22.2.2 ───── narrow 10.22.2.1/24 (MTU 1400) ───┤        │      └── wire ── eth0 203.0.113.1  outsider
                                                          └────────┘                               HTTP on port 80
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="addresses",
    shows="Subnets, IP and MAC addresses, interface names and MTUs: who chooses them, and when they change.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost("host", links=[Link("eth0", wire="wire", address="203.0.113.2")]),
    ],
    networks=[
        Network(
            "static",
            on="host",
            subnet="10.22.1.0/24",
            options={"com.docker.network.bridge.name": "br-static"},
        ),
        Network(
            "narrow",
            on="host",
            subnet="10.22.2.0/24",
            options={"com.docker.network.driver.mtu": "1400", "com.docker.network.bridge.name": "br-narrow"},
        ),
    ],
    nodes=[
        Container("witness", on="host", networks=[Join("static", address="10.22.1.2")]),
        Container("short", on="host", networks=[Join("narrow", address="10.22.2.2")], serves=[Http(80)]),
        Outsider(
            "outsider",
            beside="host",
            links=[Link("eth0", wire="wire", address="203.0.113.1")],
            serves=[Http(80)],
        ),
    ],
)
