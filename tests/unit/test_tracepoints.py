"""Tracepoints: how the kernel says that its events are laid out, and which of them concern a capture."""

from __future__ import annotations

import struct
from typing import Any

from netproof.agent.tracefs import Layout
from netproof.agent.tracepoints import _concerning, _missing

DROP = """name: kfree_skb
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:unsigned short protocol;\toffset:32;\tsize:2;\tsigned:0;
\tfield:enum skb_drop_reason reason;\toffset:36;\tsize:4;\tsigned:0;

print fmt: "reason: %s", __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, { 3, "NO_SOCKET" })
"""
RECEIVE = """name: netif_receive_skb
format:
\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:unsigned int len;\toffset:16;\tsize:4;\tsigned:0;
\tfield:__data_loc char[] name;\toffset:20;\tsize:4;\tsigned:0;
\tfield:__u8 saddr[4];\toffset:24;\tsize:4;\tsigned:0;
\tfield:int code;\toffset:28;\tsize:4;\tsigned:1;
"""


def test_fields_are_where_the_kernel_says() -> None:
    """Numbers, text at a place of its own, bytes, and the names of an enumeration; an unknown field is None."""
    drop = Layout("skb/kfree_skb", 1, DROP)
    raw = bytearray(40)
    struct.pack_into("Q", raw, 8, 0xFFFF888000000001)
    struct.pack_into("I", raw, 36, 3)
    assert drop.get(bytes(raw), "skbaddr") == 0xFFFF888000000001
    assert drop.values[drop.get(bytes(raw), "reason")] == "NO_SOCKET"
    assert drop.get(bytes(raw), "rx_sk") is None
    receive = Layout("net/netif_receive_skb", 2, RECEIVE)
    raw = bytearray(32) + b"eth0\0"
    struct.pack_into("II4si", raw, 16, 60, 5 << 16 | 32, b"\x0a\0\0\2", -22)
    assert receive.get(bytes(raw), "len") == 60
    assert receive.get(bytes(raw), "name") == "eth0"
    assert receive.get(bytes(raw), "saddr") == b"\x0a\0\0\2"
    assert receive.get(bytes(raw), "code") == -22


def test_a_kernel_without_reasons_says_what_is_missing() -> None:
    """Before 5.17 a drop has no reason: the walk tells that, and infers."""
    older = Layout("skb/kfree_skb", 1, DROP.replace("enum skb_drop_reason reason", "int other"))
    assert _missing([older]) == ["the kernel's reasons for drops, which it tells from 5.17 on"]
    assert _missing([Layout("skb/kfree_skb", 1, DROP)]) == []


def test_only_what_can_concern_a_frame_leaves() -> None:
    """Other people's packets stay where they are: an address counts when a frame of ours could be at it."""
    frames = [{"interface": "eth0", "length": 74, "at": 1_000_000_000}]
    mine: list[dict[str, Any]] = [
        {"event": "receive", "skb": 1, "interface": "eth0", "length": 60, "at": 1_000_001_000},
        {"event": "queue", "skb": 1, "interface": "eth1", "length": 74, "at": 1_000_002_000},
        {"event": "drop", "skb": 1, "at": 1_000_003_000},
    ]
    others: list[dict[str, Any]] = [
        {"event": "receive", "skb": 2, "interface": "eth0", "length": 1400, "at": 1_000_001_000},
        {"event": "xmit", "skb": 3, "interface": "eth0", "length": 74, "at": 9_000_000_000},
    ]
    assert _concerning([*mine, *others], frames) == mine
