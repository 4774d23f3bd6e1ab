"""What interfaces do themselves (`ethtool -k`), of the namespace the calling thread is in."""

from __future__ import annotations

from contextlib import suppress

from pyroute2.ethtool.ioctl import EthtoolError, IoctlEthtool


def offloads(names: list[str]) -> dict[str, list[str]]:
    """{interface: names of the features that are on}."""
    found: dict[str, list[str]] = {}
    tool = None
    for name in names:
        with suppress(EthtoolError, OSError):
            tool = tool or IoctlEthtool()
            tool.change_ifname(name)
            found[name] = sorted({word for word, is_on, *_ in tool.get_features() if word and is_on})
    if tool is not None:
        tool.close()
    return found
