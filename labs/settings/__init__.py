"""settings: its topology, claims and faults."""
