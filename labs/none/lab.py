"""none: a container without a network, and what connecting it, or another one to several networks, changes.

alone               (network none: lo, nothing else)

                      ┌── red   10.4.1.1/24 ── 10.4.1.10  red-peer    HTTP on port 80
hub 10.4.x.2 ─────────┼── green 10.4.2.1/24 ── 10.4.2.10  green-peer  HTTP on port 80
  eth0, eth1, eth2    └── blue  10.4.3.1/24 ── 10.4.3.10  blue-peer   HTTP on port 80
                                                              │
                          far   10.4.4.1/24 ── 10.4.4.10 ─────┘
                                       └────── 10.4.4.20  beyond      HTTP on port 80
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Network

LAB = Lab(
    name="none",
    shows="A container without a network gets one; a container on three networks reaches all of them.",
    question="q4",
    hosts=[LabHost("host")],
    networks=[
        Network("red", on="host", subnet="10.4.1.0/24"),
        Network("green", on="host", subnet="10.4.2.0/24"),
        Network("blue", on="host", subnet="10.4.3.0/24"),
        Network("far", on="host", subnet="10.4.4.0/24"),
    ],
    nodes=[
        Container("alone", on="host", network="none"),
        Container(
            "hub",
            on="host",
            networks=[
                Join("red", address="10.4.1.2"),
                Join("green", address="10.4.2.2"),
                Join("blue", address="10.4.3.2"),
            ],
        ),
        Container("red-peer", on="host", networks=[Join("red", address="10.4.1.10")], serves=[Http(80)]),
        Container("green-peer", on="host", networks=[Join("green", address="10.4.2.10")], serves=[Http(80)]),
        Container(
            "blue-peer",
            on="host",
            networks=[Join("blue", address="10.4.3.10"), Join("far", address="10.4.4.10")],
            serves=[Http(80)],
        ),
        Container("beyond", on="host", networks=[Join("far", address="10.4.4.20")], serves=[Http(80)]),
    ],
    unchecked={"q4.4": "the document breaks off here"},
)
