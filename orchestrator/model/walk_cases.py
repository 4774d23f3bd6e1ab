"""Cases for walks: something that goes wrong, or only looks as if it did, and what a walk has to say about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from netproof.errors import DefinitionError
from netproof.model.changes import Change
from netproof.model.faults import ENGINES, LAYERS
from netproof.model.validators import checked_name, one_or_more

FIREWALLS = ("nft", "legacy")
PROTOCOLS = ("icmp", "tcp", "udp")


def _words(given: str | Iterable[str] | Mapping[str, str | Iterable[str]]) -> tuple[str, ...] | Mapping[str, Any]:
    """A converter: words for all engines, or {engine: words}."""
    return given if isinstance(given, Mapping) else one_or_more(given)


def _among(known: Sequence[str] | Mapping[str, str]) -> Callable[[Any, Any, Any], None]:
    """A validator: one of these words, or several of them."""

    def check(case: Any, attribute: Any, value: str | tuple[str, ...]) -> None:
        for one in (value,) if isinstance(value, str) else value:
            if one not in known:
                remedy = f"One of {', '.join(one for one in known if one)}."
                raise DefinitionError(f"{attribute.name} of walk {case.id}", one, "is unknown", remedy)

    return check


@frozen(kw_only=True)
class WalkCase:
    """What is done to a lab, who then asks whom how, and what a walk must say.

    `what` is the truth. The exchange is `source` to `target` (as `invoke lab walk` has it: a node, an address or a
    name, and a port), with `proto`, `size` and `df` as there. It ends in the place `at`, by something of `layer`;
    `says` are words that the verdict has to contain, all of them: the name of the cause. `spares` are words that it
    must not contain: what lies nearby, and has nothing to do with it. Without `at` the exchange is answered, and a
    walk must not claim that it ended. `says` may differ by engine: {engine: words}.

    `needs` are kernel features (orchestrator/agent/kernel_features.py) without which the case cannot be made.
    """

    id: str = field(validator=checked_name)
    what: str
    source: str
    target: str
    change: Change
    proto: str = field(default="", validator=_among(("", *PROTOCOLS)))
    size: int = 0
    df: bool = False
    at: str = ""
    layer: str = field(default="", validator=_among(("", *LAYERS)))
    says: tuple[str, ...] | Mapping[str, Any] = field(default=(), converter=_words)
    spares: tuple[str, ...] = field(default=(), converter=one_or_more)
    engines: tuple[str, ...] = field(default=(), converter=one_or_more, validator=_among(ENGINES))
    firewalls: tuple[str, ...] = field(default=(), converter=one_or_more, validator=_among(FIREWALLS))
    needs: tuple[str, ...] = field(default=(), converter=one_or_more)

    def __attrs_post_init__(self) -> None:
        """A case in which an exchange ends says where, by what, and in which words; another one says nothing of it."""
        told = {"layer": bool(self.layer), "says": bool(self.says)}
        for name, given in told.items():
            if given != bool(self.at):
                problem = "is missing, and the exchange ends" if self.at else "is given, and the exchange is answered"
                remedy = "Give at, layer and says, or none of them."
                raise DefinitionError(f"{name} of walk {self.id}", getattr(self, name), problem, remedy)
        if isinstance(self.says, Mapping):
            for engine in ENGINES:
                if self.applies(engine, FIREWALLS[0]) and not self.says.get(engine):
                    remedy = "Give words for each engine, or words for all."
                    raise DefinitionError(f"says of walk {self.id}", dict(self.says), f"lacks {engine}", remedy)

    @property
    def name(self) -> str:
        """The case's id."""
        return self.id

    def applies(self, engine: str, firewall: str) -> bool:
        """Whether the case is one for this engine with this flavour of iptables."""
        if self.firewalls and firewall not in self.firewalls:
            return False
        return not self.engines or engine in self.engines

    def words_on(self, engine: str) -> tuple[str, ...]:
        """What the verdict has to contain on an engine."""
        return one_or_more(self.says.get(engine)) if isinstance(self.says, Mapping) else self.says
