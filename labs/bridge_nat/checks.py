"""What works in bridge-nat, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Leaves, Pings, Prints

_INSPECTED = "$(docker inspect -f '{{.NetworkSettings.IPAddress}}' client)"

CHECKS = (
    Pings("gateway", "The client pings its gateway.", "client", "10.0.0.1"),
    Answers(
        "outside",
        "The outsider answers the client, and sees the host's address calling.",
        "client",
        "203.0.113.1",
        80,
        by="outsider",
        sees="203.0.113.2",
    ),
    Pings(
        "large", "1472 bytes of data pass to the outsider in one piece.", "client", "203.0.113.1", size=1472, df=True
    ),
    Prints(
        "names",
        "The engine runs one container, the client.",
        "host",
        "docker ps --format '{{.Names}}'",
        "client",
    ),
    Prints(
        "as-inspected",
        "The client has the address that the engine says it has.",
        "host",
        f"docker exec client ip -4 -o address show eth0 | grep -cw {_INSPECTED}",
        "1",
    ),
    Leaves(
        "translated",
        "What the client sends leaves the host with the host's address.",
        "client",
        "203.0.113.1",
        8081,
        where="host",
        interface="eth0",
        source="203.0.113.2",
    ),
    Answers(
        "host-outside",
        "The outsider answers the host itself.",
        "host",
        "203.0.113.1",
        80,
        by="outsider",
        sees="203.0.113.2",
    ),
    Closed("inward", "From outside the client's own address does not answer.", "outsider", "10.0.0.2", proto="icmp"),
)
