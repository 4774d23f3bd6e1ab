"""The routing mesh of a swarm: what its nodes make for the first port that is published, and keep from then on."""

from __future__ import annotations

from netproof.errors import BuildError
from netproof.lab.running import RunningLab
from netproof.wait import until

# By the image's id, the same on every node: a node asks a registry for an image that has a name.
SERVICE = (
    "docker service create --detach --quiet --no-resolve-image --constraint node.role==worker --name {name} {options}"
    " $(docker image inspect --format '{{{{.Id}}}}' netproof/node)"
)
"""What makes a service of one task, on a worker, when its command is added."""
_PORT = 8079
_NAME = "first-port"
_CREATE = SERVICE.format(name=_NAME, options=f"--publish published={_PORT},target=80")
_LIMIT = 60.0
_PAUSE = 0.1


def is_missing(running: RunningLab) -> bool:
    """Whether a node has not published a port yet, or the one that was to be the first is still there.

    Without IPVS nobody answers at a published port, and nothing is missing.
    """
    manager = running.lab.manager
    if manager is None or running.lacks_routing_mesh:
        return False
    return not all(_rules(running, name) for name in _members(running)) or _remains(running)


def make(running: RunningLab) -> None:
    """Publish a port and take it back, so that it is not the lab's first test that changes its nodes for good.

    Raises BuildError when that cannot be done.
    """
    manager = running.lab.manager
    assert manager is not None
    members = _members(running)
    _must(running, manager.name, f"docker service inspect {_NAME} >/dev/null 2>&1 || {_CREATE} sleep infinity")
    came = until(lambda: all(_leads(running, name) for name in members), _LIMIT, _PAUSE)
    _must(running, manager.name, f"docker service rm {_NAME}")
    went = until(lambda: not _remains(running), _LIMIT, _PAUSE)
    if not came or not went:
        raise _error("its rule did not come on every node, or did not go")


def _members(running: RunningLab) -> list[str]:
    return [host.name for host in running.lab.hosts if host.swarm]


def _must(running: RunningLab, name: str, command: str) -> None:
    done = running.run(name, command, limit=_LIMIT)
    if done.rc:
        raise _error(done.stderr.strip())


def _error(why: str) -> BuildError:
    return BuildError(
        f"The swarm could not publish a port: {why}",
        "Mend the definition, or try again.",
    )


def _rules(running: RunningLab, name: str) -> str:
    """What a node has in the chain for published ports: nothing, if it has published none."""
    rules = running.run(name, ["iptables", "-w", "-t", "nat", "-S", "DOCKER-INGRESS"], limit=_LIMIT).stdout
    return "\n".join(rule for rule in rules.splitlines() if rule.startswith("-A"))


def _leads(running: RunningLab, name: str) -> bool:
    return f"--dport {_PORT} " in _rules(running, name)


def _remains(running: RunningLab) -> bool:
    """Whether anything of the first port is still there: the service, its container or its rule."""
    look = f"docker service ls -q --filter name={_NAME} 2>/dev/null; docker ps -aq --filter name={_NAME}."
    return any(running.run(name, look, limit=_LIMIT).stdout or _leads(running, name) for name in _members(running))
