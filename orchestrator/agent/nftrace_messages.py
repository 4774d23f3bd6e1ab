"""Messages about traced packets and tracked connections, decoded."""

from __future__ import annotations

import base64
import struct
from typing import Any

from pyroute2.netlink import nla
from pyroute2.netlink.nfnetlink import nfgen_msg
from pyroute2.netlink.nfnetlink.nfctsocket import nfct_msg

from . import netlink

_TRACE = (10 << 8) | 17  # NFNL_SUBSYS_NFTABLES, NFT_MSG_TRACE
_PACKET = 4 << 8  # NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET
_CONNTRACK = 1
_HEADER = 20  # netlink's and nfnetlink's headers
_ATTRIBUTE = 4  # an attribute's header
_TYPES = {1: "policy", 2: "return", 3: "rule"}
_VERDICTS = {
    0: "drop",
    1: "accept",
    2: "stolen",
    3: "queue",
    4: "repeat",
    -1: "continue",
    -2: "break",
    -3: "jump",
    -4: "goto",
    -5: "return",
}
_HOOKS = ("prerouting", "input", "forward", "output", "postrouting")
_CREATED = 0x600
_MARK = 2  # NFULA_MARK


class _TraceMessage(nfgen_msg):  # type: ignore[misc]  # pyroute2 is not typed
    """linux/netfilter/nf_tables.h, enum nft_trace_attributes."""

    prefix = "NFTA_TRACE_"
    nla_map = (
        ("NFTA_TRACE_UNSPEC", "none"),
        ("NFTA_TRACE_TABLE", "asciiz"),
        ("NFTA_TRACE_CHAIN", "asciiz"),
        ("NFTA_TRACE_RULE_HANDLE", "be64"),
        ("NFTA_TRACE_TYPE", "be32"),
        ("NFTA_TRACE_VERDICT", "verdict"),
        ("NFTA_TRACE_ID", "be32"),
        ("NFTA_TRACE_LL_HEADER", "cdata"),
        ("NFTA_TRACE_NETWORK_HEADER", "cdata"),
        ("NFTA_TRACE_TRANSPORT_HEADER", "cdata"),
        ("NFTA_TRACE_IIF", "be32"),
        ("NFTA_TRACE_IIFTYPE", "be16"),
        ("NFTA_TRACE_OIF", "be32"),
        ("NFTA_TRACE_OIFTYPE", "be16"),
        ("NFTA_TRACE_MARK", "be32"),
        ("NFTA_TRACE_NFPROTO", "be32"),
        ("NFTA_TRACE_POLICY", "be32"),
    )

    class verdict(nla):  # type: ignore[misc]  # noqa: N801 - pyroute2 looks for the name given above
        """NFTA_VERDICT_*."""

        nla_map = (
            ("NFTA_VERDICT_UNSPEC", "none"),
            ("NFTA_VERDICT_CODE", "be32"),
            ("NFTA_VERDICT_CHAIN", "asciiz"),
        )


def _signed(number: int) -> int:
    return number - (1 << 32) if number >= 1 << 31 else number


def _kind(raw: bytes) -> int:
    return int(struct.unpack_from("H", raw, 4)[0])


def nftables(messages: list[bytes], names: dict[int, str]) -> list[dict[str, Any]]:
    """What nftables traced: id, table, chain, handle, type, verdict, chain jumped to, interfaces, mark, raw headers."""
    return [_step(raw, names) for raw in messages if _kind(raw) == _TRACE]


def _step(raw: bytes, names: dict[int, str]) -> dict[str, Any]:
    message = _TraceMessage(raw)
    message.decode()
    verdict = message.get_attr("NFTA_TRACE_VERDICT")
    policy = message.get_attr("NFTA_TRACE_POLICY")
    code = None if verdict is None else _signed(verdict.get_attr("NFTA_VERDICT_CODE"))
    network = message.get_attr("NFTA_TRACE_NETWORK_HEADER") or b""
    transport = message.get_attr("NFTA_TRACE_TRANSPORT_HEADER") or b""
    return {
        "id": message.get_attr("NFTA_TRACE_ID"),
        "family": message["nfgen_family"],
        "table": message.get_attr("NFTA_TRACE_TABLE") or "",
        "chain": message.get_attr("NFTA_TRACE_CHAIN") or "",
        "handle": message.get_attr("NFTA_TRACE_RULE_HANDLE") or 0,
        "type": _TYPES.get(message.get_attr("NFTA_TRACE_TYPE"), ""),
        "verdict": _VERDICTS.get(policy if code is None else code, ""),
        "jump": (verdict.get_attr("NFTA_VERDICT_CHAIN") or "") if verdict is not None else "",
        "iif": names.get(message.get_attr("NFTA_TRACE_IIF"), ""),
        "oif": names.get(message.get_attr("NFTA_TRACE_OIF"), ""),
        "mark": message.get_attr("NFTA_TRACE_MARK") or 0,
        "data": base64.b64encode(bytes(network) + bytes(transport)).decode(),
    }


def _attributes(raw: bytes) -> dict[int, bytes]:
    found = {}
    data = raw[_HEADER:]
    while len(data) >= _ATTRIBUTE:
        length, kind = struct.unpack_from("HH", data)
        if length < _ATTRIBUTE:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def _interface(data: bytes | None, names: dict[int, str]) -> str:
    return names.get(struct.unpack("!I", data)[0], "") if data else ""


def logged(messages: list[bytes], names: dict[int, str]) -> list[dict[str, Any]]:
    """What the older tables traced: table, chain, type (rule, return, policy), position, hook, mark and packet."""
    found = []
    for raw in messages:
        if _kind(raw) != _PACKET:
            continue
        parts = _attributes(raw)
        prefix = parts.get(10, b"").split(b"\0")[0].decode(errors="replace")
        if not prefix.startswith("TRACE: "):
            continue
        table, chain, kind, number = prefix.removeprefix("TRACE: ").strip().rsplit(":", 3)
        hook = parts.get(1, b"\0\0\0\0")[2]
        found.append(
            {
                "family": raw[16],
                "table": table,
                "chain": chain,
                "type": kind,
                "number": int(number),
                "hook": _HOOKS[hook] if hook < len(_HOOKS) else "",
                "iif": _interface(parts.get(4), names),
                "oif": _interface(parts.get(5), names),
                "mark": int.from_bytes(parts.get(_MARK, b""), "big"),
                "data": base64.b64encode(parts.get(9, b"")).decode(),
            }
        )
    return found


def tracked(messages: list[bytes]) -> list[dict[str, Any]]:
    """What conntrack did: event (new, update, destroyed), and the flow as `netlink.tracked` has it."""
    found = []
    for raw in messages:
        if _kind(raw) >> 8 != _CONNTRACK:
            continue
        flags = struct.unpack_from("H", raw, 6)[0]
        kind = _kind(raw) & 0xFF
        event = "destroyed" if kind else ("new" if flags & _CREATED else "update")
        message = nfct_msg(raw)
        message.decode()
        found.append({"event": event, **netlink.flow(message)})
    return found
