"""bridge-nat: containers leave through the Docker host's address.

  client ───── docker0 ┌──────────┐ eth0 ───── wire ───── eth0  outsider
10.0.0.2    10.0.0.1/8 │   host   │ 203.0.113.2      203.0.113.1  HTTP on port 80,
                       └──────────┘                               answers who called
"""

from netproof.model import Container, Http, Lab, LabHost, Link, Outsider, Wire

LAB = Lab(
    name="bridge-nat",
    shows="Containers leave through the Docker host's address (MASQUERADE).",
    question="q2",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost(
            "host",
            engine={"bip": "10.0.0.1/8"},
            links=[Link("eth0", wire="wire", address="203.0.113.2")],
        ),
    ],
    nodes=[
        Container("client", on="host", address="10.0.0.2"),
        Outsider(
            "outsider",
            beside="host",
            links=[Link("eth0", wire="wire", address="203.0.113.1")],
            serves=[Http(80)],
        ),
    ],
)
