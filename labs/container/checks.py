"""What works in container, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

MAIN = "10.8.1.2"

CHECKS = (
    Answers("main", "main answers the visitor.", "visitor", MAIN, 8080, by="main", sees="10.8.1.3"),
    Answers(
        "sidecar",
        "The sidecar answers the visitor on main's address.",
        "visitor",
        MAIN,
        8081,
        by="sidecar",
        sees="10.8.1.3",
    ),
    Answers("from-host", "main answers the host.", "host", MAIN, 8080, by="main", sees="10.8.1.1"),
    Answers(
        "inside-main",
        "The sidecar reaches main on 127.0.0.1.",
        "sidecar",
        "127.0.0.1",
        8080,
        by="main",
        sees="127.0.0.1",
    ),
    Answers(
        "inside-sidecar",
        "main reaches its sidecar on 127.0.0.1.",
        "main",
        "127.0.0.1",
        8081,
        by="sidecar",
        sees="127.0.0.1",
    ),
    Closed("visitors-own", "On the visitor's own 127.0.0.1 nobody answers.", "visitor", "127.0.0.1", 8080),
    Closed("spare-port", "Nobody answers on main's port 9090.", "visitor", MAIN, 9090),
    Closed("hosts-own", "The host itself serves nothing on port 8080.", "visitor", "10.8.1.1", 8080),
    Closed("apart", "From the other network nobody reaches main.", "scraper", MAIN, 8080),
    Pings("scraper", "The scraper pings its gateway.", "scraper", "10.8.2.1"),
    Prints(
        "image",
        "The image netproof/node has one layer, no user and no entrypoint.",
        "host",
        "docker image inspect --format '{{len .RootFS.Layers}}{{.Config.User}}{{.Config.Entrypoint}}' netproof/node",
        "1[]",
    ),
    Prints(
        "restarting",
        "`docker restart` asks the engine, which knows no container of this name.",
        "host",
        "docker restart nobody 2>&1 | tail -n 1",
        "Error response from daemon: No such container: nobody",
    ),
    Prints(
        "list",
        "`docker inspect` prints a list.",
        "host",
        "docker inspect sidecar 2>/dev/null | head -n 1",
        "[",
    ),
    Prints(
        "quiet",
        "`docker inspect` says nothing beside it.",
        "host",
        "docker inspect sidecar 2>&1 >/dev/null",
        "",
    ),
)
