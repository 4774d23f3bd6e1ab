"""dns: its topology, claims and faults."""
