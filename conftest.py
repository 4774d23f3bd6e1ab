"""Loads netproof's pytest plugins for the tests of the project and the claims of the labs."""

pytest_plugins = ["fixtures.plugin", "fixtures.xdist_groups", "fixtures.reruns", "fixtures.tiers"]
