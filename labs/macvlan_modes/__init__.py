"""macvlan-modes: its topology, claims and faults."""
