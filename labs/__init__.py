"""The labs: one folder each, with lab.py (the topology), test_claims.py and faults.py."""
