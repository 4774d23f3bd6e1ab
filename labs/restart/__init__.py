"""restart: its topology, claims and faults."""
