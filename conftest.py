"""Loads netproof's pytest plugins for the tests of the project and the claims of the labs."""

pytest_plugins = [
    "netproof.fixtures.plugin",
    "netproof.fixtures.xdist_groups",
    "netproof.fixtures.reruns",
    "netproof.fixtures.tiers",
]
