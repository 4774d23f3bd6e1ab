"""publish: its topology, claims and faults."""
