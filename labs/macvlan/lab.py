"""macvlan: containers with MAC addresses of their own on the host's network.

first       second              host
.100         .101          eth0 192.168.1.50
  └─────┬──────┘           eth1 192.168.3.50   the parent of networks that a test makes
  macvlan, parent eth0     eth2 192.168.2.50
        │                    │     │
      eth0                 eth1  eth2
        │                    │     │
    ── lan ──               ── lan2 ──
        │                       │
      eth0                    eth1
  192.168.1.1        192.168.2.1, 192.168.3.1
        └──────── gateway ──────┘
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Switch

LAB = Lab(
    name="macvlan",
    shows="Containers sit on the host's network with MACs of their own; only the host itself cannot reach them.",
    question="q7",
    switches=[
        Switch("lan", beside="host", subnet="192.168.1.0/24"),
        Switch("lan2", beside="host", subnet=["192.168.2.0/24", "192.168.3.0/24"]),
    ],
    hosts=[
        LabHost(
            "host",
            links=[
                Link("eth0", wire="lan", address="192.168.1.50"),
                Link("eth1", wire="lan2", address="192.168.3.50"),
                Link("eth2", wire="lan2", address="192.168.2.50"),
            ],
        ),
    ],
    networks=[
        Network(
            "macnet",
            on="host",
            driver="macvlan",
            subnet="192.168.1.0/24",
            gateway="192.168.1.1",
            options={"parent": "eth0"},
        ),
    ],
    nodes=[
        Outsider(
            "gateway",
            beside="host",
            links=[
                Link("eth0", wire="lan", address="192.168.1.1"),
                Link("eth1", wire="lan2", address=["192.168.2.1", "192.168.3.1"]),
            ],
            serves=[Http(80)],
        ),
        Container("first", on="host", networks=[Join("macnet", address="192.168.1.100")], serves=[Http(80)]),
        Container("second", on="host", networks=[Join("macnet", address="192.168.1.101")], serves=[Http(80)]),
    ],
)
