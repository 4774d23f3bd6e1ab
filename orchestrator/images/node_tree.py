"""Makes the root of the node image from the lab host it runs in: `python3 node_tree.py TARGET`.

Standard library only: this module is shipped into the builder. The real tools come with their libraries and
links; busybox fills in the small commands that nobody practises on.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# dash as sh: Debian's busybox sh prefers its own applets to the tools in PATH.
TOOLS = """
    bash dash sh getent ip ss bridge tc ping tracepath arping curl tcpdump conntrack ethtool dig nc socat nft
    jq mtr mtr-packet nano traceroute
    iptables iptables-save iptables-restore iptables-nft iptables-legacy
    iptables-nft-save iptables-nft-restore iptables-legacy-save iptables-legacy-restore
    ip6tables ip6tables-save ip6tables-restore ip6tables-nft ip6tables-legacy
    ip6tables-nft-save ip6tables-nft-restore ip6tables-legacy-save ip6tables-legacy-restore
    xtables-monitor serve
""".split()  # noqa: SIM905 - a table to read, not a list
CONFIGURATION = (
    "/etc/protocols",
    "/etc/services",
    "/etc/iproute2",
    "/usr/share/iproute2",
    "/usr/share/terminfo",
    "/lib/terminfo",
)
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
DIRECTORIES = ("dev", "etc", "proc", "root", "run", "sys", "tmp", "var/log", "var/tmp")
WRITTEN = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


def main(target: Path) -> None:
    """Fill `target` with the tree."""
    tools = [tool for tool in map(shutil.which, TOOLS) if tool]
    plugins = list(_plugins())
    wanted = [*tools, *plugins, *_libraries([*tools, *plugins]), *_configuration()]
    for path in sorted({step for item in wanted for step in _with_links(item)}):
        _copy(path, target)
    _merge_usr(target)
    _busybox(target)
    for name in DIRECTORIES:
        (target / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (target / name).chmod(0o1777)
    for name, text in WRITTEN.items():
        (target / name).write_text(text)


def _with_links(path: str) -> Iterator[str]:
    """The path and, while it is a link, what it leads to; each with its directory's own links resolved."""
    while True:
        path = str(Path(path).parent.resolve() / Path(path).name)
        yield path
        if not Path(path).is_symlink():
            return
        path = str(Path(path).parent / Path(path).readlink())


def _plugins() -> Iterator[str]:
    """Extensions that are opened by name at run time, so that ldd does not tell."""
    for pattern in ("*/xtables/*.so", "*/libnss_files.so*", "*/libnss_dns.so*"):
        yield from map(str, Path("/usr/lib").glob(pattern))


def _configuration() -> Iterator[str]:
    for top in filter(os.path.exists, CONFIGURATION):
        yield top
        yield from (str(path) for path in Path(top).rglob("*"))


def _libraries(binaries: Iterable[str]) -> list[str]:
    # ldd says 1 when one of several is static; the output is complete all the same.
    ldd = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False)
    return re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", ldd.stdout, re.MULTILINE)


def _copy(path: str, target: Path) -> None:
    copy = target / path.lstrip("/")
    if Path(path).is_dir() and not Path(path).is_symlink():
        copy.mkdir(parents=True, exist_ok=True)
        return
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, copy, follow_symlinks=False)


def _merge_usr(target: Path) -> None:
    for name in MERGED:
        if Path("/", name).is_symlink() and (target / "usr" / name).exists():
            (target / name).symlink_to(f"usr/{name}")


def _busybox(target: Path) -> None:
    """Busybox, under every name that no real tool has."""
    binary = shutil.which("busybox") or "/usr/bin/busybox"
    _copy(str(Path(binary).resolve()), target)
    applets = subprocess.run([binary, "--list"], capture_output=True, text=True, check=True).stdout.split()
    real = {path.name for name in ("bin", "sbin") for path in (target / "usr" / name).iterdir()}
    for applet in set(applets) - real:
        (target / "usr/bin" / applet).symlink_to("busybox")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
