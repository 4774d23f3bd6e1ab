"""macvlan-modes: one host, a network interface for each mode of macvlan, and one that is free.

  bridge-a .10  private-a .74  vepa-a .138               mirror-a .10
  bridge-b .11  private-b .75  vepa-b .139  passing .202  mirror-b .11
      │             │             │            │            │
    eth0          eth1          eth2         eth3         eth4          eth5  203.0.113.2      host
      │             │             │            │            │             │
      └──────────── lan  192.0.2.0/24 ─────────┘          mirror         line
                     │                                 198.51.100.0/24    │
                   eth0  .1 .65 .129 .193               eth1 .1         eth2  203.0.113.1   neighbour

The switch `mirror` sends frames back where they came from; `lan` does not.
"""

from netproof.model import Container, Join, Lab, LabHost, Link, Network, Outsider, Switch, Wire

_LAN = ["192.0.2.0/26", "192.0.2.64/26", "192.0.2.128/26", "192.0.2.192/26"]
_GATEWAYS = ["192.0.2.1", "192.0.2.65", "192.0.2.129", "192.0.2.193"]


def _macvlan(name: str, parent: str, mode: str, subnet: str, gateway: str) -> Network:
    options = {"parent": parent, "macvlan_mode": mode}
    return Network(name, on="host", driver="macvlan", subnet=subnet, gateway=gateway, options=options)


LAB = Lab(
    name="macvlan-modes",
    shows="macvlan in its modes: who reaches whom, and who shares a parent; ipvlan beside it.",
    switches=[
        Switch("lan", beside="host", subnet=_LAN),
        Switch("mirror", beside="host", subnet="198.51.100.0/24", hairpin="host"),
    ],
    wires=[Wire("line", subnet="203.0.113.0/25")],
    hosts=[
        LabHost(
            "host",
            links=[
                Link("eth0", wire="lan"),
                Link("eth1", wire="lan"),
                Link("eth2", wire="lan"),
                Link("eth3", wire="lan"),
                Link("eth4", wire="mirror"),
                Link("eth5", wire="line", address="203.0.113.2"),
            ],
        ),
    ],
    networks=[
        _macvlan("bridge-net", "eth0", "bridge", _LAN[0], _GATEWAYS[0]),
        _macvlan("private-net", "eth1", "private", _LAN[1], _GATEWAYS[1]),
        _macvlan("vepa-net", "eth2", "vepa", _LAN[2], _GATEWAYS[2]),
        _macvlan("passthru-net", "eth3", "passthru", _LAN[3], _GATEWAYS[3]),
        _macvlan("mirror-net", "eth4", "vepa", "198.51.100.0/24", "198.51.100.1"),
    ],
    nodes=[
        Outsider(
            "neighbour",
            beside="host",
            links=[
                Link("eth0", wire="lan", address=_GATEWAYS),
                Link("eth1", wire="mirror", address="198.51.100.1"),
                Link("eth2", wire="line", address="203.0.113.1"),
            ],
            routes={"203.0.113.128/25": "203.0.113.2"},
        ),
        Container("bridge-a", on="host", networks=[Join("bridge-net", address="192.0.2.10")]),
        Container("bridge-b", on="host", networks=[Join("bridge-net", address="192.0.2.11")]),
        Container("private-a", on="host", networks=[Join("private-net", address="192.0.2.74")]),
        Container("private-b", on="host", networks=[Join("private-net", address="192.0.2.75")]),
        Container("vepa-a", on="host", networks=[Join("vepa-net", address="192.0.2.138")]),
        Container("vepa-b", on="host", networks=[Join("vepa-net", address="192.0.2.139")]),
        Container("passing", on="host", networks=[Join("passthru-net", address="192.0.2.202")]),
        Container("mirror-a", on="host", networks=[Join("mirror-net", address="198.51.100.10")]),
        Container("mirror-b", on="host", networks=[Join("mirror-net", address="198.51.100.11")]),
    ],
)
