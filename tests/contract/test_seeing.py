"""A lab's picture and its packets: what `lab graph` and `lab capture` show of a real one, whole and broken."""

from __future__ import annotations

import signal
import socket
import xml.etree.ElementTree as ET
from pathlib import Path

import dpkt
import pytest

from orchestrator import observe
from orchestrator.wait import until
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
