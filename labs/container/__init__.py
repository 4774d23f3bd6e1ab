"""container: its topology, claims and faults."""
