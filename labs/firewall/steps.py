"""What several claims of firewall do, kept out of the way of what they claim."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from netproof.facts.model import Flow
from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.observe import Answer
from netproof.lab.running import RunningLab
from netproof.labs.firewall.names import HOST, NEIGHBOUR

BLOCKED = 1.2  # seconds without an answer: the SYN and its first repetition

# An engine in a network namespace of its own, as on a host where ip_forward was {before} when it started.
# Prints the policy of FORWARD and the value of ip_forward once it answers, or the end of its log.
ENGINE_STARTED = """
dir=$(mktemp -d /run/policy.XXXXXX); echo '{{}}' >$dir/daemon.json
unshare --net sh -c 'sysctl -qw net.ipv4.ip_forward={before}; exec "$@"' sh \
  dockerd --config-file $dir/daemon.json --data-root $dir/data --exec-root $dir/exec {flags} \
  --pidfile $dir/pid --host unix://$dir/sock --storage-driver vfs \
  --containerd /run/containerd/containerd.sock \
  --containerd-namespace ${{dir##*/}} --containerd-plugins-namespace ${{dir##*/}}-plugins >$dir/log 2>&1 </dev/null &
engine=$!
found=$dir/log
while kill -0 $engine 2>/dev/null; do
  if curl -sf --unix-socket $dir/sock http://engine/_ping >/dev/null; then
    nsenter -t $engine --net sh -c 'iptables -S FORWARD | head -1; sysctl -n net.ipv4.ip_forward' >$dir/found
    found=$dir/found; kill $engine; break
  fi
  sleep 0.02
done
wait $engine
tail -2 $found
rm -rf $dir
"""


def dial_all(lab: RunningLab, name: str, ends: Sequence[tuple[str, int]], seconds: float = BLOCKED) -> list[Answer]:
    """Connect to several servers at once, so that those that do not answer share their time."""
    with ThreadPoolExecutor(len(ends)) as pool:
        return list(pool.map(lambda end: observe.dial(lab, name, end[0], end[1], seconds), ends))


def published(port: int, bridge: str, to: str) -> str:
    """The DNAT rule of a port published on every address, where a userland proxy runs."""
    return f"! -i {bridge} -p tcp -m tcp --dport {port} -j DNAT --to-destination {to}"


def save_table(change: Change, host: str, table: str) -> None:
    """Have a table of a host's rules come back as it is now, the order of its rules included."""
    change.run(
        host,
        f"iptables-save -t {table} >/run/{table}.rules",
        f"iptables-restore </run/{table}.rules && rm /run/{table}.rules",
    )


def ask_from(lab: RunningLab, port: int, to: int) -> str:
    """Ask a UDP server of the host from a fixed port of the neighbour; what it said, or nothing."""
    # Newer versions of socat end with an empty datagram, unless told not to: it would be a second question, for which
    # the servers wait forever when the first is still being answered.
    command = f"echo 'who calls?' | socat -t 1 - UDP4:{HOST}:{to},sourceport={port},shut-none"
    return lab.run("neighbour", command, limit=10).stdout.strip()


# Whatever the host tracks of what the neighbour sent from the ports of b30, or of answers that went there on their own.
FORGET = "".join(
    f"conntrack -D -p udp --{end} {port} >/dev/null 2>&1; " for port in (5555, 5556) for end in ("sport", "dport")
)
FORGET += "true"


def flows_from(lab: RunningLab, port: int) -> list[Flow]:
    """What the host tracks of what the neighbour sent from this port."""
    return [
        flow for flow in observe.flows(lab, "host") if (flow.original.src, flow.original.sport) == (NEIGHBOUR, port)
    ]
