"""macvlan: its topology, claims and faults."""
