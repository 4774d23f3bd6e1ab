"""A whole lab."""

from __future__ import annotations

from attrs import frozen

from netproof.model import consistency
from netproof.model.topology import Topology


@frozen
class Lab(Topology):
    """A topology whose parts fit together: DefinitionError when they do not."""

    def __attrs_post_init__(self) -> None:
        consistency.check(self)
