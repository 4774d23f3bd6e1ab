"""What an asker says, and when it has heard enough: over a real pair of sockets."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from netproof.agent import asker_protocols

REPLY = b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\n"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as asker:
        other, _ = server.accept()
        with other:
            yield asker, other


@pytest.mark.parametrize("size", [0, 100, 1460, 5000])
def test_a_request_is_as_large_as_it_was_to_be(ends: tuple[socket.socket, socket.socket], size: int) -> None:
    """Padded by headers of lengths that servers take, and complete."""
    asker, other = ends
    heard: list[bytes] = []

    def serve() -> None:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            request += other.recv(65_536)
        heard.append(request)
        other.sendall(REPLY + b"hello")

    server = threading.Thread(target=serve)
    server.start()
    assert asker_protocols.over_tcp(asker, 80, 5, size).endswith("hello")
    server.join()
    assert size <= len(heard[0]) <= size + 40
    assert max(map(len, heard[0].split(b"\r\n"))) <= 900


def test_an_answer_without_its_end_breaks_off(ends: tuple[socket.socket, socket.socket]) -> None:
    """And says how far it came."""
    asker, other = ends
    other.sendall(REPLY + b"hel")
    with pytest.raises(asker_protocols.BrokenOff, match="3 of 5 bytes"):
        asker_protocols.over_tcp(asker, 80, 0.2, 0)


def test_what_is_not_http_is_answered_by_anything(ends: tuple[socket.socket, socket.socket]) -> None:
    """Such as a banner: nothing says how long it is to be."""
    asker, other = ends
    other.sendall(b"SSH-2.0-x\r\n")
    assert asker_protocols.over_tcp(asker, 22, 5, 0) == "SSH-2.0-x\r\n"


@pytest.mark.parametrize("size", [0, 300])
def test_port_53_is_asked_a_question_of_dns(ends: tuple[socket.socket, socket.socket], size: int) -> None:
    """Whatever is answered counts; what is no answer does not."""
    asker, other = ends
    refused = bytes(2) + struct.pack("!HHHHH", 0x8105, 0, 0, 0, 0)
    other.sendall(struct.pack("!H", len(refused)) + refused)
    assert asker_protocols.over_tcp(asker, 53, 5, size) == "a DNS answer, REFUSED"
    question = other.recv(65_536)
    assert struct.unpack_from("!H", question)[0] == len(question) - 2 >= size
    other.sendall(b"hello")
    with pytest.raises(TimeoutError):
        asker_protocols.over_tcp(asker, 53, 5, 0)
