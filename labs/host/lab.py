"""host: containers in the host's own network namespace share its ports.

             ┌──────────────────────┐ eth0                          eth0
web :8080 ───┤                      ├ 203.0.113.2 ──── north ──── 203.0.113.1 ┐
             │         host         │                                         ├ outsider
other     ───┤                      ├ 198.51.100.2 ─── south ──── 198.51.100.1┘
             └──────────┬───────────┘ eth1                          eth1
                     docker0 172.17.0.1/16
                        ├──── 172.17.0.2  left   HTTP on port 8080
                        └──── 172.17.0.3  right  HTTP on port 8080
"""

from netproof.model import Container, Http, Lab, LabHost, Link, Outsider, Wire

LAB = Lab(
    name="host",
    shows="Containers in the host's network namespace share its ports; on a bridge each has its own.",
    question="q5",
    wires=[Wire("north", subnet="203.0.113.0/24"), Wire("south", subnet="198.51.100.0/24")],
    hosts=[
        LabHost(
            "host",
            links=[
                Link("eth0", wire="north", address="203.0.113.2"),
                Link("eth1", wire="south", address="198.51.100.2"),
            ],
        ),
    ],
    nodes=[
        Container("web", on="host", network="host", serves=[Http(8080)]),
        Container("other", on="host", network="host"),
        Container("left", on="host", address="172.17.0.2", serves=[Http(8080)]),
        Container("right", on="host", address="172.17.0.3", serves=[Http(8080)]),
        Outsider(
            "outsider",
            beside="host",
            links=[
                Link("eth0", wire="north", address="203.0.113.1"),
                Link("eth1", wire="south", address="198.51.100.1"),
            ],
        ),
    ],
)
