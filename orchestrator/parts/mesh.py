"""The routing mesh of a swarm: what its nodes make for the first port that is published, and keep from then on."""

from __future__ import annotations

from orchestrator.errors import BuildError
from orchestrator.running import RunningLab
from orchestrator.wait import until

_PORT = 8079
_SERVICE = "first-port"
_LIMIT = 60.0
_PAUSE = 0.1
# By the image's id, the same on every node: a node asks a registry for an image that has a name.
_CREATE = (
    f"docker service create --detach --quiet --no-resolve-image --constraint node.role==worker --name {_SERVICE}"
    f" --publish published={_PORT},target=80"
    " $(docker image inspect --format '{{.Id}}' netproof/node) sleep infinity"
)
_RULES = ["iptables", "-w", "-t", "nat", "-S", "DOCKER-INGRESS"]


def open_once(running: RunningLab) -> None:
    """Publish a port and take it back, so that it is not the lab's first test that changes its nodes for good.

    Without IPVS nobody answers at a published port, and nothing is done. Raises BuildError when it cannot.
    """
    manager = running.lab.manager
    if manager is None or not running.features(manager.name)["ipvs"]["works"]:
        return
    members = [host.name for host in running.lab.hosts if host.swarm]
    _must(running, manager.name, _CREATE)
    lead = until(lambda: all(_leads(running, name) for name in members), _LIMIT, _PAUSE)
    _must(running, manager.name, f"docker service rm {_SERVICE}")
    gone = until(lambda: not any(_leads(running, name) or _runs(running, name) for name in members), _LIMIT, _PAUSE)
    if not lead or not gone:
        raise _error("its rule did not come on every node, or did not go")


def _must(running: RunningLab, name: str, command: str) -> None:
    done = running.run(name, command, limit=_LIMIT)
    if done.rc:
        raise _error(done.stderr.strip())


def _error(why: str) -> BuildError:
    return BuildError(
        f"The swarm could not publish a port: {why}",
        "See the engines' logs: `invoke lab exec … -- tail /var/log/dockerd.log`.",
    )


def _leads(running: RunningLab, name: str) -> bool:
    """Whether a node has the rule for the port."""
    return f"--dport {_PORT} " in running.run(name, _RULES, limit=_LIMIT).stdout


def _runs(running: RunningLab, name: str) -> bool:
    """Whether a node has a container of the service, running or not."""
    return bool(running.engine(name).api.containers(all=True, filters={"name": f"{_SERVICE}."}))
