"""What works in host, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

NORTH, SOUTH = "203.0.113.2", "198.51.100.2"

CHECKS = (
    Answers(
        "north", "web answers the outsider on eth0's address.", "outsider", NORTH, 8080, by="web", sees="203.0.113.1"
    ),
    Answers(
        "south", "web answers the outsider on eth1's address.", "outsider", SOUTH, 8080, by="web", sees="198.51.100.1"
    ),
    Pings("ping-south", "The host answers the outsider's ping on eth1's address.", "outsider", SOUTH),
    Answers(
        "loopback",
        "The other container on the host's network reaches web on 127.0.0.1.",
        "other",
        "127.0.0.1",
        8080,
        by="web",
        sees="127.0.0.1",
    ),
    Answers("left", "left answers the host on port 8080.", "host", "172.17.0.2", 8080, by="left", sees="172.17.0.1"),
    Answers("right", "right answers the host on port 8080.", "host", "172.17.0.3", 8080, by="right", sees="172.17.0.1"),
    Answers(
        "neighbours",
        "right answers left, which is on the same bridge.",
        "left",
        "172.17.0.3",
        8080,
        by="right",
        sees="172.17.0.2",
    ),
    Closed("free-port", "Nobody answers on the host's port 9090.", "outsider", NORTH, 9090),
    Prints(
        "image",
        "The image netproof/node has one layer, no user and no entrypoint.",
        "host",
        "docker image inspect --format '{{len .RootFS.Layers}}{{.Config.User}}{{.Config.Entrypoint}}' netproof/node",
        "1[]",
    ),
    Prints(
        "new-namespace",
        "A new network namespace has no listener.",
        "host",
        "unshare --net sh -c 'ss -Hltn | wc -l'",
        "0",
    ),
)
