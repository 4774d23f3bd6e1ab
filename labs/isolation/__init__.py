"""isolation: its topology and claims."""
