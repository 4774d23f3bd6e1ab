"""nftables through its own library: no process for each command, and a table that lives as long as its owner."""

from __future__ import annotations

import ctypes
import functools
import threading
from typing import Any

_JSON = 1 << 4
_HANDLES = 1 << 3
# The library keeps its parser's state in one place.
_using = threading.Lock()


class NftError(OSError):
    """What nftables said."""


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libnftables.so.1")
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    for name in ("nft_ctx_free", "nft_ctx_buffer_output", "nft_ctx_buffer_error"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
        getattr(library, name).restype = ctypes.c_char_p
    library.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    return library


class Nft:
    """nftables of the network namespace the calling thread is in, through a socket of its own."""

    def __init__(self) -> None:
        with _using:
            library = _library()
            self._context: Any = library.nft_ctx_new(0)
            library.nft_ctx_buffer_output(self._context)
            library.nft_ctx_buffer_error(self._context)

    def run(self, command: str, *, json: bool = False) -> str:
        """Run a command; returns its output, or raises NftError with what nftables said."""
        with _using:
            library = _library()
            library.nft_ctx_output_set_flags(self._context, _JSON if json else _HANDLES)
            failed = library.nft_run_cmd_from_buffer(self._context, command.encode())
            said: bytes = library.nft_ctx_get_error_buffer(self._context) or b""
            output: bytes = library.nft_ctx_get_output_buffer(self._context) or b""
        if failed:
            raise NftError(said.decode(errors="replace").strip().partition("\n")[0])
        return output.decode(errors="replace")

    def close(self) -> None:
        """Give up the socket, and with it every table that has it as its owner."""
        if self._context is not None:
            with _using:
                _library().nft_ctx_free(self._context)
            self._context = None


def listing() -> str:
    """The ruleset of the calling thread's namespace as JSON, rules with their handles."""
    nft = Nft()
    try:
        return nft.run("list ruleset", json=True)
    finally:
        nft.close()


def as_text() -> str:
    """The ruleset as people read it; each rule ends in `# handle N`."""
    nft = Nft()
    try:
        return nft.run("list ruleset")
    finally:
        nft.close()
