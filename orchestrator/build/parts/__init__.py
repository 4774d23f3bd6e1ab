"""Making and removing the parts of a lab inside its lab hosts: wiring, swarm, networks, containers."""
