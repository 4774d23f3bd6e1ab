"""swarm-ingress: its topology, claims and faults."""
