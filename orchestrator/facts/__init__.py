"""Snapshots: typed facts about every namespace of a lab, and what differs between two of them."""

from orchestrator.facts.compare import Difference, compare
from orchestrator.facts.compared_kinds import SENTENCE, sentence
from orchestrator.facts.flat_snapshot import Flat, flatten
from orchestrator.facts.folding import FORM_KIND, HAPPENED, SILENT, UNREAD_KIND, fold
from orchestrator.facts.model import Flow, Namespace, Snapshot, structure
from orchestrator.facts.normalize import normalise

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
