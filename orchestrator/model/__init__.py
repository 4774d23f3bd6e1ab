"""What a lab is: frozen descriptions that do no input or output and are checked when constructed.

::

    Lab
    ├── hosts     LabHost     a machine with an engine of its own, its links to wires, its part in a swarm
    ├── wires     Wire        a cable with two ends, and the subnets on it
    ├── switches  Switch      an Ethernet switch beside a host, and the subnets on it
    ├── networks  Network     a Docker network: bridge, macvlan, ipvlan or overlay
    └── nodes     Container   a container of a host's engine, the networks it joins, what it publishes and serves
                  Outsider    a machine without an engine, beside a host, at the end of wires
    Answers Closed Pings      checks: what works, and what is closed, while the lab is whole
    Leaves Resolves Prints
    Fault                     a Change that turns some of a lab's checks and claims red, with all that practice needs
    WalkCase                  a Change that is in no catalogue of faults, and what a walk must say of it
    Decoy                     a ticket about something that works as designed

Parts refer to each other by name. A definition that contradicts itself raises DefinitionError, which
names the field, its value, what is wrong and what to do.
"""

from __future__ import annotations

from netproof.model.changes import Change, Step, both, changed
from netproof.model.checks import CANNOT_ASK, GREEN, Answers, Check, Closed, Leaves, Pings, Prints, Resolves
from netproof.model.common_changes import (
    bridge_of,
    container_added,
    frozen,
    hidden_by_file,
    hosts_line_added,
    image_replaced,
    link_down,
    mtu_set,
    neighbour_pinned,
    paused,
    port_of,
    port_taken,
    route_deleted,
    rule_added,
    rule_deleted,
    rule_deleted_anywhere,
    sysctl_set,
    wrapped,
)
from netproof.model.faults import LAYERS, LEVELS, MANNERS, Decoy, Fault, Practice, Signature, alternatives
from netproof.model.lab import Lab
from netproof.model.parts import (
    Container,
    Http,
    Join,
    LabHost,
    Link,
    Network,
    Node,
    Outsider,
    Server,
    Switch,
    Udp,
    Wire,
)
from netproof.model.verdicts import VERDICTS, Claim
from netproof.model.walk_cases import WalkCase
from netproof.model.walk_changes import (
    address_changed,
    forgotten,
    hooked,
    nft_added,
    route_added,
    rule6_added,
    rule_of_routes,
    sysctl_within,
    within,
)

__all__ = [
    "CANNOT_ASK",
    "GREEN",
    "LAYERS",
    "LEVELS",
    "MANNERS",
    "VERDICTS",
    "Answers",
    "Change",
    "Check",
    "Claim",
    "Closed",
    "Container",
    "Decoy",
    "Fault",
    "Http",
    "Join",
    "Lab",
    "LabHost",
    "Leaves",
    "Link",
    "Network",
    "Node",
    "Outsider",
    "Pings",
    "Practice",
    "Prints",
    "Resolves",
    "Server",
    "Signature",
    "Step",
    "Switch",
    "Udp",
    "WalkCase",
    "Wire",
    "address_changed",
    "alternatives",
    "both",
    "bridge_of",
    "changed",
    "container_added",
    "forgotten",
    "frozen",
    "hidden_by_file",
    "hooked",
    "hosts_line_added",
    "image_replaced",
    "link_down",
    "mtu_set",
    "neighbour_pinned",
    "nft_added",
    "paused",
    "port_of",
    "port_taken",
    "route_added",
    "route_deleted",
    "rule6_added",
    "rule_added",
    "rule_deleted",
    "rule_deleted_anywhere",
    "rule_of_routes",
    "sysctl_set",
    "sysctl_within",
    "within",
    "wrapped",
]
