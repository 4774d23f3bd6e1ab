"""What is asked of `up`, and what it did."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen

Say = Callable[[str], None]
DEFAULT_FIREWALL = "nft"
FIREWALLS = ("nft", "legacy")


@frozen
class Wanted:
    """How a lab is to be built; None means as it is, or the default."""

    engine: str | None = None
    firewall: str | None = None
    seed: int | None = None


@frozen
class Change:
    """One thing `up` did: the part, what was done to it, and why."""

    part: str
    action: str
    why: str


@define
class Built:
    """The outcome of `up`: what changed, and the exact engine.

    `image` is what its lab hosts are made from; `differences` counts what is not as it was after an earlier `up`, where
    this one had nothing to change.
    """

    changes: list[Change] = field(factory=list)
    engine: str = ""
    version: str = ""
    firewall: str = ""
    note: str = ""
    image: str = ""
    differences: int = 0
