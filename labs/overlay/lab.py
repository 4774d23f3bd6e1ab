"""overlay: two Docker hosts in a swarm, and a network that reaches over both.

  left  ──┐  node1                                        node2  ┌──  right
10.1.0.10 │ ┌────────────────┐ eth0         eth0 ┌──────────────┐ │ 10.1.0.20
          └─┤ br0 ── vxlan0 ─┼──── underlay ─────┼─ vxlan0 ── br0├─┘
            └────────────────┘ .1  192.0.2.0  .2 └──────────────┘
               (br0 and vxlan0 live in a network namespace of their own on each host)
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Udp, Wire

LAB = Lab(
    name="overlay",
    shows="A two-node Swarm carries a network between its hosts in VXLAN, UDP port 4789.",
    question="q6",
    wires=[Wire("underlay", subnet="192.0.2.0/24")],
    hosts=[
        LabHost("node1", swarm="manager", links=[Link("eth0", wire="underlay", address="192.0.2.1")]),
        LabHost("node2", swarm="worker", links=[Link("eth0", wire="underlay", address="192.0.2.2")]),
    ],
    networks=[Network("across", on="node1", driver="overlay", subnet="10.1.0.0/24")],
    nodes=[
        Container("left", on="node1", networks=[Join("across", address="10.1.0.10")], serves=[Http(80)]),
        Container("right", on="node2", networks=[Join("across", address="10.1.0.20")], serves=[Http(80), Udp(9000)]),
    ],
)
