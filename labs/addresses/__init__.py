"""addresses: its topology, claims and faults."""
