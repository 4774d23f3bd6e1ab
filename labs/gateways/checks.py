"""What works in gateways, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints

CHECKS = (
    Answers(
        "private-out",
        "The outsider answers private, and sees the host's address calling.",
        "private",
        "203.0.113.1",
        80,
        by="outsider",
        sees="203.0.113.2",
    ),
    Answers("printer-out", "The outsider answers the printer.", "printer", "203.0.113.1", 80, by="outsider"),
    Answers(
        "printer-in",
        "The outsider reaches the printer's published port at the printer's own address.",
        "outsider",
        "10.2.2.2",
        80,
        by="printer",
        sees="203.0.113.1",
    ),
    Closed("printer-other", "The outsider reaches no other port of the printer.", "outsider", "10.2.2.2", 81),
    Answers("from-host", "The host reaches the printer.", "host", "10.2.2.2", 80, by="printer", sees="10.2.2.1"),
    Closed("private-in", "The outsider does not reach private, though it knows the way.", "outsider", "10.2.1.2", 80),
    Closed("across", "The printer does not reach private.", "printer", "10.2.1.2", 80),
    Prints(
        "way-out",
        "The traveller's one default route leads to alpha, the first of its networks by name.",
        "traveller",
        "ip -4 route show default | cut -d' ' -f3",
        "10.2.3.1",
    ),
    Pings(
        "large", "1472 bytes of data pass from the traveller in one piece.", "traveller", "203.0.113.1", 1472, df=True
    ),
    Prints(
        "connecting",
        "`docker network connect` asks the engine, which knows no network of this name.",
        "host",
        "docker network connect nowhere private 2>&1 || true",
        "Error response from daemon: network nowhere not found",
    ),
    Prints(
        "disconnecting",
        "`docker network disconnect` asks the engine, which knows no network of this name.",
        "host",
        "docker network disconnect nowhere private 2>&1 || true",
        "Error response from daemon: network nowhere not found",
    ),
)
