"""A packet's walk: one real exchange, and everything it passes, as the kernel tells it.

    taps in every namespace (frames, netfilter's trace, conntrack's events) -> one exchange
    -> sightings and traversals, typed -> segments by namespace -> legs with stations -> where it died

Walking changes nothing: the taps are sockets of the agents and end with them.
"""

from netproof.walk.model import Death, Leg, Station, Walk
from netproof.walk.target import PROTOCOLS
from netproof.walk.walker import walk

__all__ = ["PROTOCOLS", "Death", "Leg", "Station", "Walk", "walk"]
