"""What can be broken in restart, so that it is noticed before its claims restart the engine.

What is noticed only afterwards cannot be proven like other faults: the restarted engine has another process and writes
its rules in another order, so that the lab is not as it was.
"""

from netproof.model import Decoy, Fault, changed, frozen, route_deleted, rule_added

_ECHO = "$(pgrep -f '[T]CP4-LISTEN:7070,')"
_SYSTEMCTL = "/usr/local/sbin/systemctl"

FAULTS = (
    Fault(
        id="echo-frozen",
        layer="process",
        level=2,
        ticket="Connections to port 7070 are made, but nothing is ever echoed.",
        what="The process of echo is stopped: the kernel accepts connections, nobody serves them.",
        at="echo",
        look="echo: ps -o stat,args shows socat in state T; ss -ltn shows connections waiting in Recv-Q",
        tells={
            "port-blocked": "there the host hears its echo, and the outsider cannot even connect",
            "default-gone": "there the host hears its echo",
        },
        change=frozen("host", _ECHO),
        reddens={"b39": "differs", "b196": "differs"},
        shows={"echo": "otherwise", "echo-near": "otherwise"},
    ),
    Fault(
        id="port-blocked",
        layer="filter",
        level=1,
        ticket="The outsider cannot connect to port 7070 any more. On the host all is well.",
        what="A rule in DOCKER-USER drops what is for echo's port.",
        at="host",
        look="host: iptables -nvL DOCKER-USER, whose counter rises",
        tells={
            "default-gone": "there echo does not reach the outsider",
            "echo-frozen": "there connections are made, and the host hears nothing either",
        },
        change=rule_added("host", "DOCKER-USER -p tcp -m tcp --dport 7070 -j DROP"),
        reddens={"b39": "differs", "b196": "differs"},
        shows={"echo": "otherwise"},
    ),
    Fault(
        id="default-gone",
        layer="route",
        level=1,
        ticket="Since somebody worked on echo, the outsider cannot connect to it; the host can.",
        what="Echo has no default route: its answers stay inside.",
        at="echo",
        look="echo: ip route",
        tells={"port-blocked": "there echo reaches the outsider"},
        change=route_deleted("echo", "default", was="via 172.17.0.1 dev eth0"),
        reddens={"b39": "differs", "b196": "differs"},
        shows={"echo": "otherwise", "echo-out": "unreachable"},
    ),
    Fault(
        id="systemctl-not-executable",
        layer="engine",
        level=1,
        ticket="The engine cannot be restarted: systemctl ends with an error, whatever it is asked. Containers run.",
        what="systemctl has lost its permission to be executed.",
        at="host",
        look="host: ls -l /usr/local/sbin/systemctl",
        change=changed("host", f"chmod -x {_SYSTEMCTL}", f"! test -x {_SYSTEMCTL}", f"chmod +x {_SYSTEMCTL}"),
        reddens={"b39": "differs", "b196": "differs"},
        shows={"service": "otherwise"},
    ),
)
DECOYS = (
    Decoy(
        id="plain-stops-all",
        layer="engine",
        level=1,
        ticket="When the engine of the host plain is restarted, its containers stop. On the other host they go on.",
        why="Only the other host has live-restore; without it an engine stops its containers as it ends.",
        at="plain",
        look="plain: docker info -f '{{.LiveRestoreEnabled}}'",
        proof="b39",
    ),
)
TOGETHER = (("port-blocked", "systemctl-not-executable"),)
