"""Packets of any interface of a lab, written as pcapng."""
