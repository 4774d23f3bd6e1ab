"""dns: who answers a container that asks for a name.

till   10.20.1.2 ──┐
shop   10.20.1.3 ──┼── front   10.20.1.1/24 ──┐
basket 10.20.1.4 ──┤   (basket: cart, shop and basket: shared)
       10.20.2.4 ──┼── back    10.20.2.1/24 ──┤   (basket: stock)
ledger 10.20.2.2 ──┘                          │ ┌────────┐ eth0                     eth0
                                              ├─┤  host  │ 203.0.113.2 ─ wire ─ 203.0.113.1  outsider
vault  10.20.3.2 ───── sealed  10.20.3.1/24 ──┤ └────────┘                          DNS server, when a test
                       (--internal)           │   front-desk (network host)         starts one
lone   172.17.0.2 ─┐                          │   HTTP on port 8000
mate   172.17.0.3 ─┴── docker0 172.17.0.1/16 ─┘

loop: a second host, whose own DNS server is on its loopback when a test starts one
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="dns",
    shows="Names of containers, of the host and of the world outside: who answers for them, and to whom.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost("host", engine={"dns": ["203.0.113.1"]}, links=[Link("eth0", wire="wire", address="203.0.113.2")]),
        LabHost("loop", engine={"host-gateway-ip": "192.0.2.1"}),
    ],
    networks=[
        Network("front", on="host", subnet="10.20.1.0/24"),
        Network("back", on="host", subnet="10.20.2.0/24"),
        Network("sealed", on="host", subnet="10.20.3.0/24", internal=True),
    ],
    nodes=[
        Container("till", on="host", networks=[Join("front", address="10.20.1.2")]),
        Container("shop", on="host", networks=[Join("front", address="10.20.1.3", aliases=["shared"])]),
        Container(
            "basket",
            on="host",
            networks=[
                Join("front", address="10.20.1.4", aliases=["cart", "shared"]),
                Join("back", address="10.20.2.4", aliases=["stock"]),
            ],
            serves=[Http(80)],
        ),
        Container("ledger", on="host", networks=[Join("back", address="10.20.2.2")], serves=[Http(80)]),
        Container("vault", on="host", networks=[Join("sealed", address="10.20.3.2")]),
        Container("lone", on="host", address="172.17.0.2"),
        Container("mate", on="host", address="172.17.0.3", serves=[Http(80)]),
        Container("front-desk", on="host", network="host", serves=[Http(8000)]),
        Outsider("outsider", beside="host", links=[Link("eth0", wire="wire", address="203.0.113.1")]),
    ],
)
