"""What netproof says about a documented statement."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

VERDICTS = {
    "proven": "true as documented",
    "refuted": "false as documented; what is true instead is proven",
    "partly": "true with the correction the claim states",
    "depends": "depends on the engine's configuration, as the claim states",
    "absent": "not in this engine, which is proven",
}


@frozen
class Claim:
    """A statement of the document (`says`), the verdict its test proves on each engine, and the behaviour that is true.

    `source` is the page or upstream test a statement is from that the document does not make; `needs` are
    kernel features without which it cannot be checked.
    """

    id: str
    says: str
    verdicts: Mapping[str, str]
    behaviour: str
    source: str = ""
    needs: tuple[str, ...] = field(default=())

    def verdict_on(self, engine: str) -> str:
        """The verdict on an engine (`26.1`)."""
        return self.verdicts.get(engine) or self.verdicts[""]
