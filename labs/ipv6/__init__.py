"""ipv6: its topology and claims."""
