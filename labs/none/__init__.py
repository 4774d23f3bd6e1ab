"""none: its topology, claims and faults."""
