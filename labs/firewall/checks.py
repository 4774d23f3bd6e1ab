"""What works in firewall, and what is closed, while it is whole."""

from netproof.labs.firewall.names import BLUE, HOST, INNER, NEIGHBOUR, NOPROXY, WEB
from netproof.model import Answers, Closed, Prints

CHECKS = (
    Answers("published", "The neighbour is answered by web.", "neighbour", HOST, 8080, by="web", sees=NEIGHBOUR),
    Answers(
        "datagrams",
        "Web answers the neighbour's datagrams.",
        "neighbour",
        HOST,
        9000,
        by="web",
        sees=NEIGHBOUR,
        proto="udp",
    ),
    Closed("unpublished", "A port that is not published is closed to the neighbour.", "neighbour", WEB, 81),
    Answers("loopback", "The host reaches web at 127.0.0.1.", "host", "127.0.0.1", 8082, by="web", sees=BLUE),
    Closed("loopback-closed", "The neighbour does not reach what is published on 127.0.0.1.", "neighbour", HOST, 8082),
    Answers("guest", "Guest reaches web at the host's address.", "guest", HOST, 8080, by="web", sees=BLUE),
    Closed("networks-apart", "Guest does not reach web at web's own address.", "guest", WEB, 80),
    Answers("itself", "Loop reaches itself by its published port.", "loop", NOPROXY, 8080, by="loop", sees=INNER),
    Closed("visitor-stopped", "Without docker-proxy visitor does not reach loop.", "visitor", NOPROXY, 8080),
    Prints(
        "own-rules-first",
        "What is forwarded meets DOCKER-USER first.",
        "host",
        "iptables -w -S FORWARD 1",
        "-A FORWARD -j DOCKER-USER",
    ),
)
