"""The Docker engine that lab hosts are made on: where it is, the way there, and which lab is on it."""
