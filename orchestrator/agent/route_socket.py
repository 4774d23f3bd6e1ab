"""A connection to the kernel's network configuration, in the namespace the calling thread is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyroute2 import IPRoute


def route_socket() -> IPRoute:
    """A connection to the network of the calling thread's namespace."""
    from pyroute2 import IPRoute  # noqa: PLC0415 - takes 0.2 s; commands without wiring do without

    return IPRoute()
