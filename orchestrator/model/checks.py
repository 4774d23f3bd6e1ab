"""Checks: what of a lab must work and what must be closed, as data. They change nothing and take a second or two.

A check is green, or red in one of these ways:

    Answers   timeout, refused, unreachable, reset, forbidden, failed (as connecting failed),
              wrong server, wrong caller (somebody answered, but not as it should be)
    Closed    open
    Pings     no reply, unreachable, too big
    Leaves    not seen, own source (not translated), other source
    Resolves  no address, wrong address
    Prints    otherwise

and any of them `cannot ask`, where nobody could try: its asker is gone, or has not what it asks with. That says nothing
about what was to be asked, so that a path that must be closed is not called closed by it either.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from netproof.model import validators

GREEN = "green"
CANNOT_ASK = "cannot ask"
CONNECTING = ("timeout", "refused", "unreachable", "reset", "forbidden", "failed")


@frozen
class Check:
    """Something that holds while a lab is whole: its name, what it says in one sentence, and the place that tries."""

    id: str = field(validator=validators.checked_name)
    says: str
    at: str

    _manners: ClassVar[tuple[str, ...]]

    @property
    def red(self) -> tuple[str, ...]:
        """The ways in which it can be red."""
        return (*self._manners, CANNOT_ASK)


@frozen
class Answers(Check):
    """A server answers on a port: the node `by`, which sees the address `sees` calling (when that is given)."""

    to: str
    port: int = field(validator=validators.port)
    by: str
    sees: str = ""
    proto: str = "tcp"
    _manners = (*CONNECTING, "wrong server", "wrong caller")


@frozen
class Closed(Check):
    """Nobody answers on a port, in whichever way; with proto icmp, nobody answers a ping."""

    to: str
    port: int = 0
    proto: str = "tcp"
    _manners = ("open",)


@frozen
class Pings(Check):
    """An address answers a ping of `size` bytes of data, with `df` in one piece."""

    to: str
    size: int = 56
    df: bool = False
    _manners = ("no reply", "unreachable", "too big")


@frozen
class Leaves(Check):
    """A connection attempt passes an interface of the host or node `where` with this source address.

    Its port is one that no other check connects to: that is how it is recognised on the wire.
    """

    to: str
    port: int = field(validator=validators.port)
    where: str
    interface: str
    source: str
    _manners = ("not seen", "own source", "other source")


@frozen
class Resolves(Check):
    """A name has exactly these IPv4 addresses."""

    name: str
    to: tuple[str, ...] = field(converter=validators.one_or_more)
    _manners = ("no address", "wrong address")


@frozen
class Prints(Check):
    """A shell command that changes nothing prints this and nothing else, white space at its ends aside."""

    run: str
    wants: str
    _manners = ("otherwise",)
