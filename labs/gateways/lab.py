"""gateways: how networks are joined to the world, and which of them a container leaves by.

 private 10.2.1.2 ── natted 10.2.1.1/24 ────┐
                                            │ ┌────────┐ eth0                       eth0
printer 10.2.2.2 ── routed 10.2.2.1/24 ─────┼─┤  host  │ 203.0.113.2 ── wire ── 203.0.113.1 outsider
     publishes 80, serves 80 and 81         │ └────────┘                            knows the way to 10.2.2.0/24
                                            │                                       HTTP on port 80
 traveller ──┬── alpha 10.2.3.1/24 ─────────┤
             └── beta  10.2.4.1/24 ─────────┘
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="gateways",
    shows="A network's gateway may translate, route or be missing; a container leaves by one of its networks.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[LabHost("host", links=[Link("eth0", wire="wire", address="203.0.113.2")])],
    networks=[
        Network("natted", on="host", subnet="10.2.1.0/24"),
        Network(
            "routed",
            on="host",
            subnet="10.2.2.0/24",
            options={"com.docker.network.bridge.gateway_mode_ipv4": "routed"},
        ),
        Network("alpha", on="host", subnet="10.2.3.0/24"),
        Network("beta", on="host", subnet="10.2.4.0/24"),
    ],
    nodes=[
        Container("private", on="host", networks=[Join("natted", address="10.2.1.2")], serves=[Http(80)]),
        Container(
            "printer",
            on="host",
            networks=[Join("routed", address="10.2.2.2")],
            publish=["8080:80"],
            serves=[Http(80), Http(81)],
        ),
        Container(
            "traveller",
            on="host",
            networks=[Join("alpha", address="10.2.3.2"), Join("beta", address="10.2.4.2")],
        ),
        Outsider(
            "outsider",
            beside="host",
            links=[Link("eth0", wire="wire", address="203.0.113.1")],
            routes={"10.2.1.0/24": "203.0.113.2", "10.2.2.0/24": "203.0.113.2"},
            serves=[Http(80)],
        ),
    ],
)
