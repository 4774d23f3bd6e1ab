"""A lab definition becomes a running lab.

`up` compares what is there with what is wanted, part by part, and makes only what differs. What it made
is removed again when it fails or is interrupted; what was there before is left alone.
"""

from __future__ import annotations

from netproof.build.builder import Builder
from netproof.build.outcome import DEFAULT_FIREWALL, FIREWALLS, Built, Change, Wanted

__all__ = ["DEFAULT_FIREWALL", "FIREWALLS", "Builder", "Built", "Change", "Wanted"]
