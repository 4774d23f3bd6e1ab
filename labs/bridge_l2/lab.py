"""bridge-l2: two containers on one bridge, and a bridge that nobody uses yet.

con-a       ──┐         ┌──────────┐                     ┌─────────┐
172.17.0.2    │ docker0 │          │                     │         │ docker0, without containers
              ├─────────┤   host   │ 172.17.0.1/16       │  clean  │ 172.17.0.1/16
con-b         │         │          │                     │         │
172.17.0.3  ──┘         └──────────┘                     └─────────┘
"""

from netproof.model import Container, Lab, LabHost

LAB = Lab(
    name="bridge-l2",
    shows="Containers on one bridge reach each other on layer 2: veths, ARP, and when iptables is asked.",
    question="q1",
    hosts=[LabHost("host"), LabHost("clean")],
    nodes=[
        Container("con-a", on="host", address="172.17.0.2"),
        Container("con-b", on="host", address="172.17.0.3"),
    ],
)
