"""gateways: its topology and claims."""
