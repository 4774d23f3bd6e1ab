"""What works in dns, and what is closed, while it is whole."""

from netproof.model import Answers, Closed, Pings, Prints, Resolves

BASKET = "10.20.1.4"

CHECKS = (
    Resolves("basket", "On front till finds basket by its name.", "till", "basket", BASKET),
    Resolves("shared", "Two containers have the alias shared on front.", "till", "shared", ("10.20.1.3", BASKET)),
    Resolves("stock", "On back ledger finds basket by its alias.", "ledger", "stock", "10.20.2.4"),
    Prints(
        "embedded",
        "The engine's DNS server answers till at 127.0.0.11.",
        "till",
        "dig +short +time=1 +tries=1 @127.0.0.11 basket",
        BASKET,
    ),
    Prints(
        "vault",
        "Inside its internal network vault finds itself by asking its DNS server.",
        "vault",
        "dig +short +time=1 +tries=1 vault",
        "10.20.3.2",
    ),
    Prints(
        "no-name",
        "On the default bridge lone finds no mate by name.",
        "lone",
        "RES_OPTIONS='timeout:1 attempts:1' getent ahostsv4 mate || echo unknown",
        "unknown",
    ),
    Answers("till", "basket answers till.", "till", BASKET, 80, by="basket", sees="10.20.1.2"),
    Answers("mate", "mate answers lone on its address.", "lone", "172.17.0.3", 80, by="mate", sees="172.17.0.2"),
    Answers(
        "desk",
        "The front desk answers till on docker0's address.",
        "till",
        "172.17.0.1",
        8000,
        by="front-desk",
        sees="10.20.1.2",
    ),
    Answers(
        "desk-outside",
        "The front desk answers the outsider.",
        "outsider",
        "203.0.113.2",
        8000,
        by="front-desk",
        sees="203.0.113.1",
    ),
    Pings("outside", "till pings the outsider, where the engine's DNS server is.", "till", "203.0.113.1"),
    Closed("apart", "From front nobody reaches ledger, which is on back.", "till", "10.20.2.2", 80),
)
