"""swarm-ingress: a swarm of two nodes, and a client beside them that calls services by their published ports.

 node1  manager                        node2  worker
┌────────────────┐                   ┌────────────────┐
│ ingress ═══════╪═════ VXLAN ═══════╪═══════ ingress │
└─────┬──────────┘                   └──────────┬─────┘
    eth0  192.0.2.1                    192.0.2.2  eth0
      └────────────────── lan ──────────────────┘
                           │
                         eth0  192.0.2.9
                        client
"""

from netproof.model import Lab, LabHost, Link, Outsider, Switch

LAB = Lab(
    name="swarm-ingress",
    shows="A service's published port answers on every node of a swarm; an overlay between nodes can be encrypted.",
    mesh=True,
    switches=[Switch("lan", beside="node1", subnet="192.0.2.0/24")],
    hosts=[
        LabHost("node1", swarm="manager", links=[Link("eth0", wire="lan", address="192.0.2.1")]),
        LabHost("node2", swarm="worker", links=[Link("eth0", wire="lan", address="192.0.2.2")]),
    ],
    nodes=[Outsider("client", beside="node1", links=[Link("eth0", wire="lan", address="192.0.2.9")])],
)
