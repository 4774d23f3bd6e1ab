"""Network namespaces lent to another lab host of the same lab, so that a wire can lead from one to the other.

Lab hosts have nothing in common but a volume. Over a unix socket in it one host's agent hands the other an
open file descriptor of a namespace, and with that the kernel puts the far end of a veth pair there.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading

_WAIT = 10.0


def lend(descriptor: int, path: str) -> None:
    """Hand an open namespace to whoever connects to the socket at `path` next, once; it is closed then."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.settimeout(_WAIT)
    listener.bind(path)
    listener.listen(1)
    threading.Thread(target=_hand_over, args=(listener, descriptor, path), daemon=True).start()


def _hand_over(listener: socket.socket, descriptor: int, path: str) -> None:
    try:
        with listener, listener.accept()[0] as borrower:
            socket.send_fds(borrower, [b"n"], [descriptor])
    except TimeoutError:
        pass  # nobody came for it
    finally:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def borrow(path: str) -> int:
    """The namespace lent at `path`, as a file descriptor of this process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lender:
        lender.settimeout(_WAIT)
        lender.connect(path)
        _, descriptors, _, _ = socket.recv_fds(lender, 1, 1)
    if not descriptors:
        raise OSError(f"no namespace came through {path}")
    return descriptors[0]
