"""isolation: what keeps bridges, and the containers of one bridge, apart.

   shop 10.1.1.2 ──┐
                   ├── front 10.1.1.1/24 ──┐
basket 10.1.1.3 ──┘                        │ ┌────────┐ eth0                       eth0
                                           ├─┤  host  │ 203.0.113.2 ── wire ── 203.0.113.1 outsider
ledger 10.1.2.2 ──── back  10.1.2.1/24 ────┤ └────────┘                            HTTP on port 80
                                           │
 vault 10.1.3.2 ──┐                        │
                  ├── sealed 10.1.3.1/24 ──┤   (--internal)
 guard 10.1.3.3 ──┘                        │
                                           │
  mute 10.1.4.2 ──┐                        │
                  ├── quiet 10.1.4.1/24 ───┘   (icc=false)
  deaf 10.1.4.3 ──┘
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Wire

LAB = Lab(
    name="isolation",
    shows="Bridges are closed to each other; internal ones to the outside; icc=false to their own.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[LabHost("host", links=[Link("eth0", wire="wire", address="203.0.113.2")])],
    networks=[
        Network("front", on="host", subnet="10.1.1.0/24"),
        Network("back", on="host", subnet="10.1.2.0/24"),
        Network("sealed", on="host", subnet="10.1.3.0/24", internal=True),
        Network(
            "quiet",
            on="host",
            subnet="10.1.4.0/24",
            options={"com.docker.network.bridge.enable_icc": "false"},
        ),
    ],
    nodes=[
        Container("shop", on="host", networks=[Join("front", address="10.1.1.2")], serves=[Http(80)]),
        Container("basket", on="host", networks=[Join("front", address="10.1.1.3")], serves=[Http(80)]),
        Container("ledger", on="host", networks=[Join("back", address="10.1.2.2")], serves=[Http(80)]),
        Container("vault", on="host", networks=[Join("sealed", address="10.1.3.2")], serves=[Http(80)]),
        Container("guard", on="host", networks=[Join("sealed", address="10.1.3.3")], serves=[Http(80)]),
        Container("mute", on="host", networks=[Join("quiet", address="10.1.4.2")], serves=[Http(80)]),
        Container("deaf", on="host", networks=[Join("quiet", address="10.1.4.3")], serves=[Http(80)]),
        Outsider(
            "outsider",
            beside="host",
            links=[Link("eth0", wire="wire", address="203.0.113.1")],
            serves=[Http(80)],
        ),
    ],
)
