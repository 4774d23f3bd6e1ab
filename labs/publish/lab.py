"""publish: published ports of a host that has two addresses.

client      eth0 ─── wire ─── eth0 ┌──────────┐ docker0     ┌── web    10.0.0.2  8080 → 80, 9000/udp
203.0.113.1          203.0.113.100 │   host   │ 10.0.0.1/24 ├── one    10.0.0.3  …100:8081 → 80
                     203.0.113.101 │          ├─────────────┼── two    10.0.0.4  …101:8081 → 80
                                   └──────────┘             └── local  10.0.0.5  127.0.0.1:8082 → 80
"""

from netproof.model import Container, Http, Lab, LabHost, Link, Outsider, Udp, Wire

LAB = Lab(
    name="publish",
    shows="How a packet gets from a client to a published port, and how the answer gets back.",
    question="q3",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost(
            "host",
            engine={"bip": "10.0.0.1/24"},
            links=[Link("eth0", wire="wire", address=["203.0.113.100", "203.0.113.101"])],
        ),
    ],
    nodes=[
        Container(
            "web",
            on="host",
            address="10.0.0.2",
            publish=["8080:80", "9000:9000/udp"],
            serves=[Http(80), Udp(9000)],
        ),
        Container("one", on="host", address="10.0.0.3", publish=["203.0.113.100:8081:80"], serves=[Http(80)]),
        Container("two", on="host", address="10.0.0.4", publish=["203.0.113.101:8081:80"], serves=[Http(80)]),
        Container("local", on="host", address="10.0.0.5", publish=["127.0.0.1:8082:80"], serves=[Http(80)]),
        Outsider("client", beside="host", links=[Link("eth0", wire="wire", address="203.0.113.1")]),
    ],
)
