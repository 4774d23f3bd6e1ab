"""Addresses of firewall, and a rule as engines write it for it."""

HOST, NEIGHBOUR = "203.0.113.2", "203.0.113.1"
WEB, LOOP = "10.1.0.10", "10.3.0.10"
BLUE, INNER = "10.1.0.1", "10.3.0.1"  # the bridges' own addresses
NOPROXY = "172.17.0.1"  # an address of noproxy that is on none of its containers' networks
MASQUERADE = f"-s {LOOP}/32 -d {LOOP}/32 -p tcp -m tcp --dport 80 -j MASQUERADE"
