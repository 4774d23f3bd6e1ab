"""An order to learn the labs in: each uses what those before it have shown, and adds one thing."""

from __future__ import annotations

LESSONS = {
    "bridge-nat": "Begin here: one container, one bridge, one way out. All others build on it.",
    "bridge-l2": "A second container on the bridge: frames and ARP, below all addresses.",
    "publish": "The other direction: how somebody outside gets in, and how the answer gets back.",
    "isolation": "Several bridges: what keeps them apart, and the containers of one.",
    "firewall": "With ways in and out known: what the engine lets through, and where your own rules go.",
    "dns": "Names for all these addresses, and who answers for them.",
    "addresses": "Where the addresses came from that you have used so far, and when they change.",
    "container": "Two containers in one namespace: the same addresses, the same ports.",
    "host": "No namespace of its own: what that saves, and what it gives away.",
    "none": "No network at all, and several at once: what connecting does, step by step.",
    "gateways": "On several networks: by which of them a container leaves, translated or routed.",
    "ipv6": "All that once more, in the other family, where translation is not a matter of course.",
    "settings": "The engine's own settings: what becomes of the lessons so far without rules or proxy.",
    "restart": "The engine goes and comes back: what of all that outlives it.",
    "macvlan": "Without bridge and without translation: containers on the wire itself.",
    "macvlan-modes": "The kinds of that, and who reaches whom in each.",
    "overlay": "Two hosts, one network: what was a bridge becomes a tunnel.",
    "swarm-ingress": "The last one needs bridges, published ports and overlays: one port on every node.",
}
"""{lab: why it comes where it does}."""


def place(lab: str) -> int:
    """Where a lab comes; one that nobody has placed yet comes last."""
    return list(LESSONS).index(lab) if lab in LESSONS else len(LESSONS)


def why(lab: str) -> str:
    """Why it comes there; nothing for one that nobody has placed."""
    return LESSONS.get(lab, "")
