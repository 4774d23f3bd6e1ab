"""What works in macvlan-modes, and what is closed, while it is whole."""

from netproof.model import Closed, Pings

CHECKS = (
    Pings("bridge-out", "A container in mode bridge reaches the neighbour.", "bridge-a", "192.0.2.1", 1472, df=True),
    Pings("private-out", "A container in mode private reaches the neighbour.", "private-a", "192.0.2.65"),
    Pings("vepa-out", "A container in mode vepa reaches the neighbour.", "vepa-a", "192.0.2.129"),
    Pings("passthru-out", "The container in mode passthru reaches the neighbour.", "passing", "192.0.2.193"),
    Pings("mirror-out", "A container at the switch mirror reaches the neighbour.", "mirror-a", "198.51.100.1"),
    Pings("bridge-joins", "Containers in mode bridge reach each other.", "bridge-a", "192.0.2.11"),
    Pings("mirror-joins", "So do those in mode vepa at a switch that sends frames back.", "mirror-a", "198.51.100.11"),
    Closed(
        "private-apart", "Containers in mode private do not reach each other.", "private-a", "192.0.2.75", proto="icmp"
    ),
    Closed("vepa-apart", "Nor do those in mode vepa at a plain switch.", "vepa-a", "192.0.2.139", proto="icmp"),
    Pings("line", "The host reaches the neighbour by the interface that is free.", "host", "203.0.113.1"),
)
