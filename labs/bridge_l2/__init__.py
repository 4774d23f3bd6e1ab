"""bridge-l2: its topology, claims and faults."""
