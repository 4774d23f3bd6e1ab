"""host: its topology, claims and faults."""
