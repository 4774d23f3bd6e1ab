"""What results are about and, as honestly, what they are not: engines, labs and cells that were not run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from netproof import catalog
from netproof.build import FIREWALLS
from netproof.errors import UsageError
from netproof.images import ENGINES
from netproof.matrix.compare import Row
from netproof.matrix.records import Cell, Column, Key
from netproof.matrix.selection import lab_digest
from netproof.matrix.tables import About, in_order


@frozen
class Scope:
    """Results seen from the catalogue.

    `cells` ran to their end; `broken` did not; `missing` are cells of labs and columns that ran elsewhere; whole
    engines, flavours of iptables and labs that nothing ran on are named once. `changed` are labs whose files are not
    those that ran; `strangers` are labs of the results that the catalogue does not have.
    """

    about: About
    cells: Sequence[Cell]
    broken: Sequence[Cell]
    missing: Sequence[Key]
    engines: Sequence[str]
    firewalls: Sequence[str]
    labs: Sequence[str]
    changed: Sequence[str]
    strangers: Sequence[str]

    @property
    def is_whole(self) -> bool:
        """Whether everything there is was run."""
        return not (self.broken or self.missing or self.engines or self.firewalls or self.labs)

    def of(self, lab: str) -> list[Cell]:
        """The cells of a lab that ran, the engine that is newest first."""
        order = list(self.about.versions)
        found = [cell for cell in self.cells if cell.key.lab == lab]
        return sorted(found, key=lambda cell: (-order.index(cell.key.column.engine), cell.key.column.firewall != "nft"))

    def rows(self, lab: str = "") -> list[Row]:
        """The claims that ran, of a lab or of all, in order."""
        return in_order(cell for cell in self.cells if not lab or cell.key.lab == lab)

    def gaps(self, lab: str) -> list[str]:
        """The columns in which a lab did not run although others did, in words."""
        return [str(key.column) for key in self.missing if key.lab == lab]


def scope(results: Mapping[Key, Cell]) -> Scope:
    """What is in results. Raises UsageError when nothing in them ran to its end."""
    labs = catalog.names()
    known = [results[key] for key in sorted(results) if key.lab in labs]
    cells = [cell for cell in known if cell.complete]
    if not cells:
        raise UsageError("Nothing in these results ran to its end.", "Run `invoke matrix` to its end first.")
    columns = {cell.key.column for cell in known}
    seen = {cell.key for cell in known}
    ran = {cell.key.lab for cell in known}
    return Scope(
        about=About.of(cells),
        cells=cells,
        broken=[cell for cell in known if not cell.complete],
        missing=[key for key in _wanted(sorted(ran), sorted(columns)) if key not in seen],
        engines=[name for name in ENGINES if name not in {column.engine for column in columns}],
        firewalls=[name for name in FIREWALLS if name not in {column.firewall for column in columns}],
        labs=[name for name in labs if name not in ran],
        changed=sorted({cell.key.lab for cell in cells if cell.inputs.lab != lab_digest(cell.key.lab)}),
        strangers=sorted({key.lab for key in results if key.lab not in labs}),
    )


def _wanted(labs: Iterable[str], columns: Sequence[Column]) -> list[Key]:
    return [Key(lab, column) for lab in labs for column in columns]
