"""overlay: its topology, claims and faults."""
