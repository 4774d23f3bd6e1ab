"""crossing: a lab of everything that can be between two hosts, for tests of how labs are built. It is in no catalogue.

  beyond ── drop ── two ── trunk ── one        drop  198.51.100.0/24  2001:db8:1::/64
                     │               │         trunk 192.0.2.0/24     2001:db8:2::/64
          guest ─────┴──── floor ────┘         floor 203.0.113.0/24   2001:db8:3::/64

floor is a switch beside one; guest and beyond live beside two.
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Link, Network, Outsider, Switch, Udp, Wire

LAB = Lab(
    name="crossing",
    shows="Wires and a switch between two hosts.",
    question="",
    wires=[
        Wire("trunk", subnet=("192.0.2.0/24", "2001:db8:2::/64")),
        Wire("drop", subnet=("198.51.100.0/24", "2001:db8:1::/64")),
    ],
    switches=[Switch("floor", beside="one", subnet=("203.0.113.0/24", "2001:db8:3::/64"))],
    hosts=[
        LabHost(
            "one",
            links=[
                Link("eth0", wire="trunk", address=("192.0.2.1", "2001:db8:2::1")),
                Link("eth1", wire="floor", address=("203.0.113.1", "2001:db8:3::1")),
            ],
            routes={"198.51.100.0/24": "192.0.2.2", "2001:db8:1::/64": "2001:db8:2::2"},
        ),
        LabHost(
            "two",
            links=[
                Link("eth0", wire="trunk", address=("192.0.2.2", "2001:db8:2::2")),
                Link("eth1", wire="floor", address=("203.0.113.2", "2001:db8:3::2")),
                Link("eth2", wire="drop", address=("198.51.100.2", "2001:db8:1::2")),
            ],
        ),
    ],
    networks=[
        Network("inner", on="one", subnet=("10.9.0.0/24", "2001:db8:9::/64"), gateway="10.9.0.254", ipv6=True),
    ],
    nodes=[
        Container("main", on="one", networks=[Join("inner", address="10.9.0.7")], serves=[Http(80)]),
        Container("sidecar", on="one", network="container:main", serves=[Udp(9000)]),
        Container("other", on="one", address="172.17.0.2"),
        Outsider(
            "guest",
            beside="two",
            links=[Link("eth0", wire="floor", address=("203.0.113.9", "2001:db8:3::9"))],
            routes={"192.0.2.0/24": "203.0.113.1"},
            serves=[Http(80, address="::"), Udp(9000, address="::")],
        ),
        Outsider(
            "beyond",
            beside="two",
            links=[Link("eth0", wire="drop", address=("198.51.100.1", "2001:db8:1::1"))],
            routes={"default": "198.51.100.2", "2001:db8:2::/64": "2001:db8:1::2"},
            serves=[Udp(9000)],
        ),
    ],
)
