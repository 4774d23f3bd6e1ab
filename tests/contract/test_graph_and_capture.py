"""A lab's picture and its packets: what `lab graph` and `lab capture` show of a real one, whole and broken."""

from __future__ import annotations

import os
import re
import signal
import socket
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path

import dpkt
import pytest

from netproof.lab import observe
from netproof.wait import until
from tests.contract.conftest import Ended, User, document, finish

CLIENT, HOST, OUTSIDER = "10.0.0.2", "203.0.113.2", "203.0.113.1"
BOTH = "client:eth0,host:eth0"


def refused(ended: Ended) -> str:
    """What a command said that was used wrongly."""
    assert ended.returncode == 2, f"exit code {ended.returncode}: {ended.stdout}{ended.stderr}"
    return ended.stderr


def sources(path: Path) -> set[tuple[str, str]]:
    """(source, destination) of the IPv4 packets in a pcapng file, by a reader that is not ours."""
    with path.open("rb") as file:
        frames = [dpkt.ethernet.Ethernet(data) for _, data in dpkt.pcapng.Reader(file)]
    packets = [frame.data for frame in frames if isinstance(frame.data, dpkt.ip.IP)]
    assert len(packets) == len(frames), "the filter let something else through"
    return {(socket.inet_ntoa(packet.src), socket.inet_ntoa(packet.dst)) for packet in packets}


def test_the_picture_is_of_the_lab_as_it_is(shared: User) -> None:
    """Each namespace, interface and address is in the SVG; two of one lab are equal; nothing is marked."""
    picture = shared.must("graph", "--to", "-").stdout
    ET.fromstring(picture)  # noqa: S314 - our own, and no entity in it
    for text in ("client", "outsider", f"{CLIENT}/8", f"{HOST}/24", f"{OUTSIDER}/24", "docker0"):
        assert text in picture, f"{text} is not in the picture"
    assert shared.must("graph", "--to", "-").stdout == picture
    assert document(shared.must("graph", "--json"))["marks"] == []


def test_the_picture_marks_what_was_changed(shared: User) -> None:
    """Also where the lab is broken, and only what differs from the state after `up`."""
    shared.typed("host", "ip link set eth0 down")
    try:
        marks = document(shared.must("graph", "--json"))["marks"]
    finally:
        shared.typed("host", "ip link set eth0 up")
    assert any("eth0" in str(mark) for mark in marks), marks
    assert until(lambda: document(shared.must("graph", "--json"))["marks"] == [], 30)


@pytest.mark.parametrize(("form", "sign"), [("dot", "graph lab {"), ("mermaid", "flowchart")])
def test_the_picture_has_other_forms(shared: User, form: str, sign: str) -> None:
    """DOT and Mermaid as text; what there is not is refused."""
    assert sign in shared.must("graph", "--format", form, "--to", "-").stdout
    assert f"{form}" in refused(shared.lab("graph", "--format", "gif"))


def test_the_picture_as_png(shared: User, tmp_path: Path) -> None:
    """A file that begins as PNG files do."""
    path = tmp_path / "lab.png"
    shared.must("graph", "--format", "png", "--to", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_capture_has_both_sides_of_the_translation(shared: User, tmp_path: Path) -> None:
    """Two interfaces, named in the file; the filter and the count hold."""
    path = tmp_path / "both.pcapng"
    words = ["--filter", f"tcp and dst host {OUTSIDER}", "--count", "6", "--to", str(path)]
    capturing = shared.start(["-m", "invoke", *shared.words("capture", BOTH, *words)])
    with shared.attached() as lab:
        until(lambda: observe.dial(lab, "client", OUTSIDER, 80) and capturing.poll() is not None, 60, 0.2)
    ended = finish(capturing)
    assert ended.returncode == 0, ended.stderr
    assert sources(path) == {(CLIENT, OUTSIDER), (HOST, OUTSIDER)}
    assert all(name in path.read_bytes() for name in (b"client:eth0", b"host:eth0"))
    with path.open("rb") as file:
        assert len(list(dpkt.pcapng.Reader(file))) == 6


def test_ctrl_c_ends_a_capture_with_a_whole_file(shared: User, tmp_path: Path) -> None:
    """As people end tcpdump: exit code 0, and what was seen until then can be read."""
    path = tmp_path / "until.pcapng"
    words = ["--filter", f"tcp and dst host {OUTSIDER}", "--to", str(path)]
    capturing = shared.start(["-m", "invoke", *shared.words("capture", "client:eth0", *words)])
    assert capturing.stderr is not None
    assert any("capturing on" in line for line in iter(capturing.stderr.readline, ""))
    with shared.attached() as lab:
        assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered"
    capturing.send_signal(signal.SIGINT)
    ended = finish(capturing)
    assert ended.returncode == 0, ended.stderr
    assert sources(path) == {(CLIENT, OUTSIDER)}


def test_a_capture_that_cannot_be_is_refused(shared: User, tmp_path: Path) -> None:
    """An unknown interface, an unknown node, a filter that is none: nothing is written."""
    path = tmp_path / "none.pcapng"
    for words in (["client:eth7"], ["clint:eth0"], ["client:eth0", "--filter", "tcp prt 80"]):
        refused(shared.lab("capture", *words, "--to", str(path)))
    assert not path.exists()


def test_a_capture_is_told_as_json(shared: User, tmp_path: Path) -> None:
    """Where it is, and how much of what was seen where."""
    path = tmp_path / "told.pcapng"
    found = document(shared.must("capture", BOTH, "--seconds", "0.5", "--to", str(path), "--json"))
    assert (found["file"], [one["name"] for one in found["interfaces"]]) == (str(path), BOTH.split(","))
    assert not any(one["gone"] for one in found["interfaces"])


def test_a_capture_is_read_while_it_is_taken(shared: User) -> None:
    """Piped, as into Wireshark: packets come at once; when the reader leaves, it ends."""
    words = ["--filter", f"tcp and dst host {OUTSIDER}", "--to", "-"]
    capturing = shared.start(["-m", "invoke", *shared.words("capture", "client:eth0", *words)])
    assert capturing.stdout is not None
    assert capturing.stderr is not None
    assert any("capturing on" in line for line in iter(capturing.stderr.readline, ""))
    with shared.attached() as lab:
        assert observe.dial(lab, "client", OUTSIDER, 80).outcome == "answered"
    pipe = capturing.stdout.fileno()
    read = b""

    def has_packets() -> bool:
        nonlocal read
        read += os.read(pipe, 65_536)
        return socket.inet_aton(OUTSIDER) in read

    assert until(has_packets, 30)
    assert (read[:4], b"client:eth0" in read) == (b"\x0a\x0d\x0d\x0a", True)
    capturing.stdout.close()
    assert capturing.wait(60) == 0
    capturing.stderr.close()


def sockets(user: User) -> str:
    """The packet sockets in the lab host, those of what looks included."""
    return user.must("exec", "host", "--", "cat /proc/net/packet | wc -l").stdout.strip()


def test_a_killed_capture_leaves_nothing(shared: User, tmp_path: Path) -> None:
    """No socket in the lab host, no file; what was there before stays."""
    before = sockets(shared)
    words = shared.words("capture", "host:eth0", "--to", str(tmp_path / "never.pcapng"))
    capturing = shared.start(["-m", "invoke", *words])
    assert capturing.stderr is not None
    assert any("capturing on" in line for line in iter(capturing.stderr.readline, ""))
    assert sockets(shared) != before
    capturing.kill()
    finish(capturing)
    assert until(lambda: sockets(shared) == before, 30), "its sockets are still open"
    assert not (tmp_path / "never.pcapng").exists()


def test_an_interface_that_goes_away_is_told(shared: User, tmp_path: Path) -> None:
    """And when it was the only one, the capture ends by itself, with a whole file."""
    path = tmp_path / "gone.pcapng"
    shared.typed("host", "ip link add brief type veth peer name short && ip link set brief up && ip link set short up")
    capturing = shared.start(["-m", "invoke", *shared.words("capture", "host:brief", "--to", str(path))])
    assert capturing.stderr is not None
    assert any("capturing on" in line for line in iter(capturing.stderr.readline, ""))
    shared.typed("host", "ip link del brief")
    ended = finish(capturing)
    assert (ended.returncode, "host:brief is gone" in ended.stderr) == (0, True), ended.stderr
    with path.open("rb") as file:
        list(dpkt.pcapng.Reader(file))


def test_a_capture_without_packets_says_so(shared: User, tmp_path: Path) -> None:
    """Who waits learns that somebody has to send something; once, where there is no terminal."""
    words = ["outsider:lo", "--seconds", "4", "--to", str(tmp_path / "none.pcapng")]
    assert shared.must("capture", *words).stderr.count("nothing has passed yet") == 1


def test_a_picture_is_what_its_name_says(shared: User, tmp_path: Path) -> None:
    """The file's ending is the form; an unknown one is refused, and nothing is written."""
    shared.must("graph", "--to", str(tmp_path / "lab.mmd"))
    assert (tmp_path / "lab.mmd").read_text().startswith("flowchart")
    ended = shared.lab("graph", "--to", str(tmp_path / "lab.pdf"))
    assert (ended.returncode, "its name does not say" in ended.stderr) == (2, True)
    assert not (tmp_path / "lab.pdf").exists()


@pytest.fixture(scope="module")
def across(new_user: Callable[..., User]) -> Iterator[User]:
    """A user with the two-node overlay."""
    user = new_user(about="overlay")
    try:
        user.must("up")
        yield user
    finally:
        user.leave()


def test_inside_and_outside_of_a_tunnel_are_in_one_file(across: User, tmp_path: Path) -> None:
    """The container's packet, the bridge's in the hidden namespace, and the one that carries it, on UDP port 4789."""
    path = tmp_path / "tunnel.pcapng"
    where = "left:eth0,node1/across:vxlan0,node1:eth0"
    words = ["--filter", "icmp or udp dst port 4789", "--count", "6", "--to", str(path)]
    capturing = across.start(["-m", "invoke", *across.words("capture", where, *words)])
    with across.attached() as lab:
        until(lambda: observe.ping(lab, "left", "10.1.0.20") and capturing.poll() is not None, 60, 0.2)
    ended = finish(capturing)
    assert ended.returncode == 0, ended.stderr
    with path.open("rb") as file:
        packets = [dpkt.ethernet.Ethernet(data).data for _, data in dpkt.pcapng.Reader(file)]
    inner = [one for one in packets if one.p == dpkt.ip.IP_PROTO_ICMP]
    plain = {(socket.inet_ntoa(one.src), socket.inet_ntoa(one.dst)) for one in inner}
    outer = [one for one in packets if one.p == dpkt.ip.IP_PROTO_UDP]
    assert ("10.1.0.10", "10.1.0.20") in plain
    assert {one.data.dport for one in outer} == {4789}
    carried = dpkt.ethernet.Ethernet(outer[0].data.data[8:]).data
    assert {socket.inet_ntoa(carried.src), socket.inet_ntoa(carried.dst)} == {"10.1.0.10", "10.1.0.20"}
    assert all(name.encode() in path.read_bytes() for name in where.split(","))


def test_a_hidden_namespace_is_entered_by_the_names_that_status_and_capture_have(across: User) -> None:
    """Each leads to a namespace, a network's to its own; a name that nothing has is refused with those there are."""
    shown = set(re.findall(r"node1/[\w-]+(?=:)", across.must("status").stdout))
    assert {"node1/across", "node1/lb-across"} <= shown
    links = {name: across.must("exec", name, "--", "ip", "-br", "link").stdout for name in shown}
    assert "vxlan" in links["node1/across"]
    assert len(set(links.values())) == len(shown)
    ended = across.lab("shell", "node1/acros", stdin="exit\n")
    assert (ended.returncode, "'node1/across'" in ended.stderr) == (2, True), ended.stderr


def test_what_is_left_of_a_lab_is_drawn_and_captured(across: User, tmp_path: Path) -> None:
    """One of two lab hosts is dead: the picture says so, and has the other; packets of the other can be seen."""
    across.client.api.stop(across.container("node2"), timeout=0)
    found = document(across.must("graph", "--json"))
    assert "node2: the lab host is gone" in found["marks"], found["marks"]
    picture = across.must("graph", "--to", "-").stdout
    assert all(text in picture for text in ("left", "10.1.0.10/24", "the lab host is gone"))
    ended = across.must("capture", "left:eth0", "--seconds", "0.5", "--to", str(tmp_path / "left.pcapng"))
    assert "left:eth0" in ended.stdout
