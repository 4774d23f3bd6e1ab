"""The labels on everything netproof makes. Labels are the truth about what is ours; names never are."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket

LAB = "netproof.lab"
INSTANCE = "netproof.instance"
OWNER = "netproof.owner"
SPEC = "netproof.spec"
HOST = "netproof.host"
NODE = "netproof.node"
ROLE = "netproof.role"
RECIPE = "netproof.recipe"
ENGINE = "netproof.engine"
FIREWALL = "netproof.firewall"


def owner() -> str:
    """Who makes things from here, so that people sharing an engine do not clean each other's.

    The user and the machine, or NETPROOF_OWNER where several share one account.
    """
    return os.environ.get("NETPROOF_OWNER") or f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as containers and shared machines have
        return f"uid{os.getuid()}"


def mark() -> str:
    """The owner in names, 8 hexadecimal digits: two people's labs stand side by side on one engine.

    An owner's own name may hold what names of containers, volumes and files may not.
    """
    return hashlib.sha256(owner().encode()).hexdigest()[:8]
