"""What works in addresses, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

OUTSIDER = "203.0.113.1"

CHECKS = (
    Answers(
        "witness",
        "The outsider answers the witness, and sees the host.",
        "witness",
        OUTSIDER,
        80,
        by="outsider",
        sees="203.0.113.2",
    ),
    Answers(
        "short",
        "The outsider answers short, and sees the host.",
        "short",
        OUTSIDER,
        80,
        by="outsider",
        sees="203.0.113.2",
    ),
    Answers("served", "short answers the host.", "host", "10.22.2.2", 80, by="short", sees="10.22.2.1"),
    Pings("large", "The witness sends 1500 bytes in one piece.", "witness", OUTSIDER, size=1472, df=True),
    Pings("medium", "short sends 1400 bytes in one piece.", "short", OUTSIDER, size=1372, df=True),
    Pings("pieces", "What is larger short sends in pieces.", "short", OUTSIDER, size=1472),
    Closed("apart", "The witness does not reach short, which is on another network.", "witness", "10.22.2.2", 80),
    Closed("free", "Nobody answers on 10.22.1.99, which nobody was given.", "witness", "10.22.1.99", proto="icmp"),
    Prints(
        "unpinned",
        "The witness learns its neighbours: nobody wrote one down.",
        "witness",
        "ip neigh show nud permanent",
        "",
    ),
    Prints("docker", "The command docker is the engine's own.", "host", "command -v docker", "/usr/bin/docker"),
    Prints("dockerd", "The command dockerd is the engine's own.", "host", "command -v dockerd", "/usr/sbin/dockerd"),
)
