"""firewall: two networks, and a neighbour who knows the way to both; another host without proxy.

neighbour    eth0 ─── wire ─── eth0 ┌───────────┐ blue  10.1.0.0/24 ── web     10.1.0.10
203.0.113.1             203.0.113.2 │           │       8080 and 8090 → 80, 127.0.0.1:8082 → 82
routes to blue and                  │   host    │       9000/udp, 81 not published
green: via host                     └───────────┘ green 10.2.0.0/24 ── guest   10.2.0.10

                                    ┌───────────┐ inner 10.3.0.0/24 ── loop    10.3.0.10, 8080 → 80
            userland-proxy: false   │  noproxy  │
                                    └───────────┘ outer 10.4.0.0/24 ── visitor 10.4.0.10
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Udp, Wire


def _bridge(name: str, on: str, subnet: str) -> Network:
    """A network whose bridge is called after it, so that rules can be read."""
    return Network(name, on=on, subnet=subnet, options={"com.docker.network.bridge.name": f"br-{name}"})


LAB = Lab(
    name="firewall",
    shows="What the engine's rules let through to containers, what they stop, and where one's own rules go.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost("host", links=[Link("eth0", wire="wire", address="203.0.113.2")]),
        LabHost("noproxy", engine={"userland-proxy": False}),
    ],
    networks=[
        _bridge("blue", "host", "10.1.0.0/24"),
        _bridge("green", "host", "10.2.0.0/24"),
        _bridge("inner", "noproxy", "10.3.0.0/24"),
        _bridge("outer", "noproxy", "10.4.0.0/24"),
    ],
    nodes=[
        Container(
            "web",
            on="host",
            networks=[Join("blue", address="10.1.0.10")],
            publish=["8080:80", "8090:80", "127.0.0.1:8082:82", "9000:9000/udp"],
            serves=[Http(80), Http(81), Http(82), Udp(9000)],
        ),
        Container("guest", on="host", networks=[Join("green", address="10.2.0.10")]),
        Container(
            "loop", on="noproxy", networks=[Join("inner", address="10.3.0.10")], publish=["8080:80"], serves=[Http(80)]
        ),
        Container("visitor", on="noproxy", networks=[Join("outer", address="10.4.0.10")]),
        Outsider(
            "neighbour",
            beside="host",
            links=[Link("eth0", wire="wire", address="203.0.113.1")],
            routes={"10.1.0.0/24": "203.0.113.2", "10.2.0.0/24": "203.0.113.2"},
        ),
    ],
)
