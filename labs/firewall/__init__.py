"""firewall: its topology, claims and faults."""
