"""What is compared, in the words in which `diff`, `check` and `reset` say so: nobody vouches for more."""

from __future__ import annotations

from collections.abc import Collection

KINDS: dict[str, tuple[str, ...]] = {
    "interfaces": ("links", "offloads", "qdiscs", "traffic control"),
    "addresses": ("addresses", "address labels"),
    "routes": ("routes", "ip rules", "next hops"),
    "neighbours": ("neighbours", "fdb"),
    "firewall": ("policies", "rules", "tables"),
    "xfrm": ("xfrm",),
    "sysctls": ("sysctls",),
    "sockets": ("sockets",),
    "namespaces": ("namespaces",),
    "containers": ("containers", "servers"),
    "networks": ("networks",),
    "the engine": ("engine",),
    "files and programs": ("files", "programs"),
}
"""What people call a kind of fact -> the aspects of a flat snapshot that belong to it."""


def sentence(left_out: Collection[str] = ()) -> str:
    """What was compared, but for kinds that could not be read."""
    *most, last = (kind for kind in KINDS if kind not in left_out)
    return f"Compared: {', '.join(most)}, {last}."


SENTENCE = sentence()
