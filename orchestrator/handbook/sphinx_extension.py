"""What Sphinx is told of claims: each is an object of its search, found by its id and by each word of its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType

from netproof.handbook.claims import Entry

CLAIMS = "netproof_claims"
"""The setting that has them: (id, how a result shows it, page, anchor)."""
# Sphinx escapes these twice over in what it finds; their look-alikes need no escaping.
_ALIKE = str.maketrans("'\"<>&", "\u2019\u201d\u2039\u203a\uff06", "`")


def listed(entries: Iterable[Entry]) -> list[tuple[str, str, str, str]]:
    """Claims as the setting has them."""
    return [
        (
            entry.id,
            f"{entry.id} · {entry.says} → {entry.behaviour}".translate(_ALIKE),
            f"labs/{entry.lab}",
            entry.anchor,
        )
        for entry in entries
    ]


class Claims(Domain):
    """The claims of all labs."""

    name = "netproof"
    label = "netproof"
    object_types = {"claim": ObjType("claim")}  # noqa: RUF012 - Sphinx's base class declares it so

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """What is to be found, as Sphinx wants it; 0 puts it first."""
        for name, shown, page, anchor in getattr(self.env.config, CLAIMS):
            yield name, shown, "claim", page, anchor, 0


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_config_value(CLAIMS, [], "env", list)
    app.add_domain(Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
