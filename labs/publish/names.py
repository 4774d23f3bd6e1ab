"""Addresses of publish, and rules as engines write them for it."""

CLIENT, HOST, SECOND = "203.0.113.1", "203.0.113.100", "203.0.113.101"
WEB, ONE, TWO, LOCAL = "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"
GATEWAY = "10.0.0.1"

DNAT_WEB = f"! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination {WEB}:80"
ACCEPT_WEB = f"-d {WEB}/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"


def dnat_to(address: str, to: str, port: int) -> str:
    """The rule for a port that is published on one address of the host."""
    return f"-d {address}/32 ! -i docker0 -p tcp -m tcp --dport {port} -j DNAT --to-destination {to}:80"
