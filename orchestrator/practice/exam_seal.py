"""Keeps the answer of an exam out of plain sight: what is sealed opens only to who knows the answer, or tries them all.

The grader tries all that a lab has. So can anybody who may read the file and run this code: a user can always find out
what a program of theirs knows. It is a seal, not a safe: nobody reads the answer by accident, in a file, a backup or a
screen that is shared. Where learners must not be able to, netproof has to run as somebody else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Iterable
from typing import Any

_SALT = 16
_MARK = 16


def seal(document: dict[str, Any], answer: str) -> str:
    """A document as text that says nothing without the answer."""
    salt = os.urandom(_SALT)
    plain = zlib.compress(json.dumps(document, separators=(",", ":")).encode())
    return base64.b64encode(salt + _mark(salt, answer, plain) + _veiled(salt, answer, plain)).decode()


def unseal(text: str, answers: Iterable[str]) -> dict[str, Any] | None:
    """The document again; None when it is damaged, or none of these is the answer."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    salt, mark, veiled = raw[:_SALT], raw[_SALT : _SALT + _MARK], raw[_SALT + _MARK :]
    for answer in answers:
        plain = _veiled(salt, answer, veiled)
        if hmac.compare_digest(mark, _mark(salt, answer, plain)):
            found: dict[str, Any] = json.loads(zlib.decompress(plain))
            return found
    return None


def _veiled(salt: bytes, answer: str, text: bytes) -> bytes:
    """Done twice it is the text again."""
    stream = hashlib.shake_256(salt + answer.encode()).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _mark(salt: bytes, answer: str, plain: bytes) -> bytes:
    return hmac.digest(salt + answer.encode(), plain, "sha256")[:_MARK]
