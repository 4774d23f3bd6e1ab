"""What several claims of none do, kept out of the way of what they claim."""

from __future__ import annotations

import json
import re
from typing import Any

from attrs import frozen

from netproof.facts.model import Route
from netproof.lab import observe
from netproof.lab.running import RunningLab

# Prints what the kernel tells a listener in the lab host's namespace meanwhile. The bridges that come and go show
# that the listener listens, and that it has heard everything.
WATCHED_CONNECT = """
heard=$(mktemp)
ip -o monitor link >$heard & listener=$!
mark() {{ until grep -q $1 $heard; do ip link add $1 type bridge; ip link del $1; sleep 0.02; done; }}
mark begin; docker network connect {network} {container}; code=$?; mark end
kill $listener
cat $heard; rm $heard
exit $code
"""

_EVENT = re.compile(r"(?P<gone>Deleted )?(?P<index>\d+): (?P<name>veth\w+)(?:@\S+)?: .*", re.MULTILINE)


@frozen
class VethEvent:
    """What the kernel said about a veth: made or changed, or gone, and then whether into another namespace."""

    index: int
    name: str
    gone: bool
    moved: bool
    master: str


def veth_events(heard: str) -> list[VethEvent]:
    """The veths in the output of `ip -o monitor link`, in order."""
    found = []
    for event in _EVENT.finditer(heard):
        master = re.search(r" master (\S+)", event[0])
        found.append(
            VethEvent(
                index=int(event["index"]),
                name=event["name"],
                gone=bool(event["gone"]),
                moved=" new-netnsid " in event[0],
                master=master[1] if master else "",
            )
        )
    return found


def links_of(lab: RunningLab, container: str) -> list[dict[str, Any]]:
    """The interfaces of a container that a test made, as `ip -j` shows them, each with its `ipv4` addresses."""
    process = lab.engine("host").api.inspect_container(container)["State"]["Pid"]
    listing = json.loads(lab.run("host", f"nsenter -t {process} -n ip -j address show").stdout)
    return [
        {
            **link,
            "ipv4": [f"{item['local']}/{item['prefixlen']}" for item in link["addr_info"] if item["family"] == "inet"],
        }
        for link in listing
    ]


def routes(lab: RunningLab, name: str) -> list[Route]:
    """The IPv4 routes of the main table."""
    return [route for route in observe.namespace(lab, name).routes if route.table == "main" and ":" not in route.dst]
