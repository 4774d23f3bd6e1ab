"""Snapshots: typed facts about every namespace of a lab, and what differs between two of them."""

from netproof.facts.compare import Difference, compare
from netproof.facts.compared_kinds import SENTENCE, sentence
from netproof.facts.flat_snapshot import Flat, flatten
from netproof.facts.folding import FORM_KIND, HAPPENED, SILENT, UNREAD_KIND, fold
from netproof.facts.model import Flow, Namespace, Snapshot, structure
from netproof.facts.normalize import normalise

__all__ = [
    "FORM_KIND",
    "HAPPENED",
    "SENTENCE",
    "SILENT",
    "UNREAD_KIND",
    "Difference",
    "Flat",
    "Flow",
    "Namespace",
    "Snapshot",
    "compare",
    "flatten",
    "fold",
    "normalise",
    "sentence",
    "structure",
]
