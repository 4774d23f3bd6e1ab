"""bridge-nat: its topology, claims and faults."""
