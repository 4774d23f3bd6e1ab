"""What several claims of host do, kept out of the way of what they claim."""

from __future__ import annotations

from attrs import frozen

from netproof.fixtures.changes import Change
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.wait import until

# A listener that lets others of its user have the port, too (SO_REUSEPORT), and answers as NAME. SO_REUSEADDR shares no
# port with a listener; without it the connections of a listener that is gone (TIME-WAIT) hold the port for a minute.
SHARING = "socat TCP4-LISTEN:{port},reuseaddr,reuseport,fork 'EXEC:serve --answer http {name}'"


@frozen
class Ended:
    """How `docker run -d` ended, and then the container: two exit codes, and the container's log."""

    cli: int
    code: int
    log: str


def run_to_its_end(lab: RunningLab, change: Change, name: str, options: str, command: str) -> Ended:
    """`docker run -d --name NAME OPTIONS netproof/node COMMAND`, waiting for the container's end."""
    said = change.run(
        "host",
        f"docker run -d --name {name} {options} netproof/node {command} >/dev/null; echo $?",
        f"docker rm -fv {name} >/dev/null",
    )
    waited = lab.run("host", f"docker wait {name}", limit=20)
    assert waited.rc == 0, f"{name} still runs: `{command}` did not end"
    log = lab.run("host", f"docker logs {name} 2>&1").stdout.strip()
    return Ended(int(said), int(waited.stdout), log)


def answers(lab: RunningLab, name: str, address: str, port: int) -> str:
    """Who answers there, once somebody does; how it failed when nobody has for 10 seconds."""
    answer = until(lambda: _answered(observe.dial(lab, name, address, port)), 10)
    return str(answer.said["node"]) if answer else observe.dial(lab, name, address, port).outcome


def answerers(lab: RunningLab, name: str, address: str, port: int, wanted: int) -> set[str]:
    """Who answers there, asked again and again until `wanted` different ones have, or 15 seconds have passed."""
    found: set[str] = set()

    def enough() -> bool:
        found.add(answers(lab, name, address, port))
        return len(found) >= wanted

    until(enough, 15)
    return found


def _answered(answer: observe.Answer) -> observe.Answer | None:
    return answer if answer.said else None


def namespaces(lab: RunningLab, name: str) -> dict[str, str]:
    """{kind: identity} of the namespaces that a process in a host or container is in."""
    listing = lab.run(name, "cd /proc/self/ns && for kind in *; do echo $kind $(readlink $kind); done").stdout
    return dict(line.split() for line in listing.splitlines())
