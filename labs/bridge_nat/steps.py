"""What several claims of bridge-nat do, kept out of the way of what they claim."""

from __future__ import annotations

import json

from netproof.facts.model import Flow, Rule
from netproof.lab import observe
from netproof.lab.running import RunningLab

# A second engine, in a network namespace of its own, that shares nothing with the lab's but containerd.
# Prints the engine's log, then ANSWERED or REFUSED.
SECOND_ENGINE = """
dir=$(mktemp -d /run/second.XXXXXX); echo '{{}}' >$dir/daemon.json
unshare --net dockerd --config-file $dir/daemon.json --bip {bip} --data-root $dir/data --exec-root $dir/exec \
  --pidfile $dir/pid --host unix://$dir/sock --storage-driver vfs \
  --containerd /run/containerd/containerd.sock \
  --containerd-namespace second --containerd-plugins-namespace second-plugins >$dir/log 2>&1 &
engine=$!
verdict=REFUSED
while kill -0 $engine 2>/dev/null; do
  if curl -sf --unix-socket $dir/sock http://engine/_ping >/dev/null; then verdict=ANSWERED; kill $engine; break; fi
  sleep 0.02
done
wait $engine
cat $dir/log
rm -rf $dir
echo $verdict
"""

SYN_ACK_COUNTER = "-p tcp -m tcp --sport 80 --tcp-flags SYN,ACK SYN,ACK"

_SYN_ACK = "tcp flags '& (syn|ack) == syn|ack'"


def _chain(table: str, priority: int, action: str) -> tuple[str, str]:
    """Commands that act on the SYN-ACKs a machine sends, and their undo."""
    chain = f"'{{ type filter hook output priority {priority} ; }}'"
    make = f"nft add table ip {table} && nft add chain ip {table} output {chain}"
    return f"{make} && nft add rule ip {table} output {_SYN_ACK} {action}", f"nft delete table ip {table}"


# Held back first, so that what is counted has passed: once released, an attempt to send is counted.
HOLD, RELEASE = _chain("hold", 0, "drop")
COUNT, UNCOUNT = _chain("tally", 10, "counter")


def syn_acks_sent(lab: RunningLab) -> int:
    """SYN-ACKs the outsider's TCP has handed to its network since COUNT."""
    listing = json.loads(lab.run("outsider", "nft -j list table ip tally").stdout)["nftables"]
    expressions = [part for item in listing for part in item.get("rule", {}).get("expr", [])]
    return sum(part["counter"]["packets"] for part in expressions if "counter" in part)


def flows_replied_to(lab: RunningLab, port: int | None) -> list[Flow]:
    """Tracked connections whose replies are expected at this port of the host."""
    return [flow for flow in observe.flows(lab, "host") if flow.reply.dport == port]


def rule_in(lab: RunningLab, table: str, chain: str, text: str) -> Rule:
    """The rule of this text, with its counters."""
    rules = observe.table(lab, "host", table).rules
    found = [rule for rule in rules if rule.chain == chain and rule.rule == text]
    listing = "\n".join(f"-A {rule.chain} {rule.rule}" for rule in rules)
    assert found, f"no rule `-A {chain} {text}` in table {table}; it holds:\n{listing}"
    return found[0]
