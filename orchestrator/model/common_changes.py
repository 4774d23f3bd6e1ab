"""Changes that many labs have in common, each written down once: rules, sysctls, links, routes, neighbours, processes,
images, commands. A frozen server is the same fault everywhere.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from netproof.model.changes import Change, Step, changed

_ADAPTED = "adapted"


def rule_added(at: str, rule: str, table: str = "filter", number: int = 1) -> Change:
    """An iptables rule (`FORWARD -i eth0 -j DROP`) that stands at this number of its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        at,
        f"iptables -w -t {table} -I {chain} {number} {rest}",
        f"iptables -w -t {table} -C {rule}",
        f"iptables -w -t {table} -D {rule}",
    )


def rule_deleted(at: str, rule: str, table: str = "filter", number: int = 1) -> Change:
    """An iptables rule that is gone, from this number of its chain."""
    chain, _, rest = rule.partition(" ")
    return changed(
        at,
        f"iptables -w -t {table} -D {rule}",
        f"! iptables -w -t {table} -C {rule} 2>/dev/null",
        f"iptables -w -t {table} -I {chain} {number} {rest}",
    )


def sysctl_set(at: str, key: str, value: str, was: str) -> Change:
    """A sysctl that has another value than it `was` given."""
    return changed(at, f"sysctl -qw {key}={value}", f'test "$(sysctl -n {key})" = "{value}"', f"sysctl -qw {key}={was}")


def link_down(at: str, interface: str, then: str = "true") -> Change:
    """An interface that is down; `then` brings back what the kernel took away with it, such as routes."""
    return changed(
        at,
        f"ip link set {interface} down",
        f"! ip -o link show {interface} | grep -q '[<,]UP[,>]'",
        f"ip link set {interface} up && {then}",
    )


def port_of(container: str, interface: str = "eth0") -> str:
    """Shell words for the lab host's end of a container's veth, whose name is random."""
    index = f"$(docker exec {container} cat /sys/class/net/{interface}/iflink)"
    return f"""$(ip -o link | sed -n "s/^{index}: \\([^@:]*\\).*/\\1/p")"""


def rule_deleted_anywhere(at: str, rule: str, table: str = "filter", note: str = "number") -> Change:
    """An iptables rule that is gone from wherever it stood: engines write rules in an order of their own.

    Where it stood is kept in /run under this `note`.
    """
    chain, _, rest = rule.partition(" ")
    iptables = f"iptables -w -t {table}"
    number = f"{iptables} -S {chain} | grep '^-A' | grep -nxF -e '-A {rule}' | cut -d: -f1"
    back = f"{iptables} -I {chain} $(cat /run/{note}) {rest} && rm /run/{note}"
    return Change(
        Step(at, f"{number} >/run/{note} && {iptables} -D {rule}", says=f"{iptables} -D {rule}"),
        Step(at, f"! {iptables} -C {rule} 2>/dev/null"),
        Step(at, back, says=f"{iptables} -A {rule}"),
        tidy=Step(at, f"rm -f /run/{note}"),
    )


def mtu_set(at: str, mtu: int, was: int, interface: str = "eth0", then: Iterable[Step] = ()) -> Change:
    """An interface that has another MTU than it `was` given; `then` takes back what others learned from it.

    It is in effect until it is as it was, not only at that number: half way back is no repair.
    """
    has = f"$(ip link show {interface} | sed -n 's/.* mtu \\([0-9]*\\) .*/\\1/p')"
    return Change(
        Step(at, f"ip link set {interface} mtu {mtu}"),
        Step(at, f'test "{has}" {"-lt" if mtu < was else "-gt"} {was}'),
        [Step(at, f"ip link set {interface} mtu {was}"), *then],
    )


def route_deleted(at: str, destination: str, was: str) -> Change:
    """A route that is gone (`default`, `10.2.2.0/24`); it `was` by `via 10.2.2.1 dev eth0`."""
    ip = "ip -6" if ":" in destination + was else "ip"
    return changed(
        at,
        f"{ip} route del {destination}",
        f'test -z "$({ip} route show {destination})"',
        f"{ip} route add {destination} {was}",
    )


def neighbour_pinned(at: str, address: str, mac: str, interface: str = "eth0") -> Change:
    """A neighbour's address that is bound to a MAC for good, which is somebody else's or nobody's."""
    ip = "ip -6" if ":" in address else "ip"
    return changed(
        at,
        f"{ip} neigh replace {address} lladdr {mac} dev {interface} nud permanent",
        f"{ip} neigh show {address} nud permanent | grep -q {mac}",
        f"{ip} neigh del {address} dev {interface}",
    )


def paused(container: str, host: str = "host") -> Change:
    """A container that is paused: the kernel accepts connections for it, and nobody reads them."""
    return changed(
        host,
        f"docker pause {container}",
        f"docker inspect --format '{{{{.State.Status}}}}' {container} | grep -q paused",
        f"docker unpause {container}",
    )


def frozen(at: str, pids: str) -> Change:
    """Processes stopped by a signal. `pids` are shell words such as `$(pgrep -f '[s]erve http')`, where the brackets
    keep the shell that looks for them from finding itself.
    """
    return changed(
        at,
        f"kill -STOP {pids}",
        f"set -- {pids}; test $# -gt 0 && for pid; do grep -q '^State:.T' /proc/$pid/status || exit 1; done",
        f"kill -CONT {pids}",
    )


def wrapped(command: str, script: str, at: str = "host", interpreter: str = "/bin/sh") -> Change:
    """A script that stands in front of a command such as `docker`; it calls the real one by its path, if at all."""
    path = f"/usr/local/sbin/{command}"
    write = f"printf '%s\\n' {shlex.join([f'#!{interpreter}', *script.splitlines()])}"
    return changed(
        at,
        f"{write} >{path} && chmod +x {path}",
        f"test -x {path} && {write} | cmp -s - {path}",  # who rewrites the script repairs it, too
        f"rm {path}",
    )


def image_replaced(image: str, options: str, command: str = "true", host: str = "host") -> Change:
    """An image's name that stands for another image: the same after `command`, committed with these options.

    The other image is known by its comment, whichever tags there are.
    """
    return changed(
        host,
        f"docker tag {image} {image}:1 && docker run --name making {image} sh -c '{command}'"
        f" && docker commit --message {_ADAPTED} {options} making {image}:2 >/dev/null"
        f" && docker rm making >/dev/null && docker tag {image}:2 {image}",
        f"docker image inspect --format '{{{{.Comment}}}}' {image} | grep -qx {_ADAPTED}",
        f"docker tag {image}:1 {image} && docker rmi {image}:1 {image}:2 >/dev/null",
    )


def bridge_of(network: str) -> str:
    """Shell words for the bridge of a Docker network, which the engine named."""
    return f"br-$(docker network inspect -f '{{{{.Id}}}}' {network} | cut -c1-12)"


def container_added(name: str, network: str = "bridge", address: str = "", host: str = "host") -> Change:
    """A container that does not belong there, on this network, with an address that is given or the engine's choice.

    It is in effect while the container runs and is on that network.
    """
    joins = f" --network {network}" if network != "bridge" else ""
    joins += f" --ip {address}" if address else ""
    members = "{{range .Containers}}{{println .Name .IPv4Address}}{{end}}"
    return changed(
        host,
        f"docker run -d --name {name}{joins} netproof/node sleep infinity",
        f"docker network inspect --format '{members}' {network} | grep -q '^{name} {address}'",
        f"docker rm -f {name}",
    )


def hosts_line_added(at: str, line: str) -> Change:
    """A line in /etc/hosts, which is a mount in containers: it can be written, and not replaced."""
    return Change(
        Step(at, f"echo '{line}' >>/etc/hosts"),
        Step(at, f"grep -qxF '{line}' /etc/hosts"),
        Step(
            at,
            f"kept=$(grep -vxF '{line}' /etc/hosts) && echo \"$kept\" >/etc/hosts",
            says=f"take the line `{line}` out of /etc/hosts",
        ),
    )


def port_taken(at: str, port: int) -> Change:
    """A server nobody remembers on a port of all addresses, which answers as `forgotten`."""
    listens = f"ss -Hltn 'sport = :{port}' | grep -q ':{port} '"
    holder = f"$(ss -Hltnp 'sport = :{port}' | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p')"
    serve = f"serve forgotten http:{port}:0.0.0.0"
    start = f"setsid {serve} </dev/null >/dev/null 2>&1 &"
    return Change(
        Step(at, f"{start} until {listens}; do kill -0 $! || exit 1; done", says=f"{serve} &"),
        Step(at, listens),
        Step(at, f"kill {holder}; while {listens}; do :; done", says=f"kill what listens on port {port}"),
    )


def hidden_by_file(at: str, path: str, says: str, was: str = "") -> Change:
    """A file of /proc under another file that `says` something of its own; where it `was` another, it is set, too.

    The other file has no name any more once it is mounted, so that nothing of it can stay behind.
    """
    note = "/run/mounted"
    first, last = (f"echo {says} >{path} && ", f" && echo {was} >{path}") if was else ("", "")
    return Change(
        Step(
            at,
            f"{first}echo {says} >{note} && mount --bind {note} {path} && rm {note}",
            says=f"{first}mount --bind a file with a {says} in it on {path}",
        ),
        Step(at, f"grep -q ' {path} ' /proc/mounts"),
        Step(at, f"umount {path}{last}"),
    )
