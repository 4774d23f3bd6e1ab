"""What can be practised on a lab, told without giving anything away."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from netproof.model import LAYERS, Fault


@frozen
class Offer:
    """A layer, how many faults of it can be practised on, and how hard they are: "level 1", "levels 1 to 3"."""

    layer: str
    faults: int
    levels: str

    @property
    def about(self) -> str:
        """What the layer is."""
        return LAYERS[self.layer]


def offers(faults: Iterable[Fault]) -> list[Offer]:
    """What there is for each layer that has something; variants of one fault count as one."""
    visible = [fault for fault in faults if fault.is_visible]
    return [_offer(layer, found) for layer in LAYERS if (found := [item for item in visible if item.layer == layer])]


def _offer(layer: str, found: list[Fault]) -> Offer:
    levels = sorted({fault.level for fault in found})
    words = f"level {levels[0]}" if len(levels) == 1 else f"levels {levels[0]} to {levels[-1]}"
    return Offer(layer, len({fault.id for fault in found}), words)
