"""What the document says about containers in the host's network namespace (q5), and what is true."""

from __future__ import annotations

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.host.steps import SHARING, answerers, answers, namespaces, run_to_its_end
from netproof.wait import until

NORTH, SOUTH, ANY = "203.0.113.2", "198.51.100.2", "0.0.0.0"  # noqa: S104 - an address to bind in the lab
LEFT, RIGHT = "172.17.0.2", "172.17.0.3"
GLIBC = "Address already in use"
TAKE_8080 = "import socket; socket.create_server(('', 8080))"


def listeners(lab: RunningLab, name: str, port: int) -> list[str]:
    """Where somebody listens on a TCP port in a host's or container's namespace."""
    return [
        f"{socket.address}:{socket.port}"
        for socket in observe.namespace(lab, name).sockets
        if (socket.proto, socket.port) == ("tcp", port)
    ]


@pytest.mark.claim("q5.1", says="containers with `--network host` share one port space", verdict="proven")
def test_host_containers_share_one_port_space(lab: RunningLab, evidence: Evidence) -> None:
    """What one container with `--network host` listens on, the host and every other such container has taken, too."""
    seen = {name: listeners(lab, name, 8080) for name in ("host", "web", "other", "left")}
    binds = {name: observe.bind(lab, name, ANY, 8080) for name in ("host", "other")}
    free = observe.bind(lab, "other", ANY, 8090)
    inside = observe.dial(lab, "other", "127.0.0.1", 8080).said.get("node")
    outside = observe.dial(lab, "outsider", NORTH, 8080).said.get("node")
    evidence("who listens on 8080, by namespace", seen)
    evidence("binding 8080 once more", binds)
    evidence("binding 8090", free or "works")
    evidence("who answers on other's 127.0.0.1, and on the host's address", f"{inside}, {outside}")
    assert seen["host"] == seen["web"] == seen["other"] == [f"{ANY}:8080"], "they do not see one listener"
    assert binds == {"host": "EADDRINUSE", "other": "EADDRINUSE"}, "a taken port could be bound"
    assert not free, "not even a free port can be bound"
    assert (inside, outside) == ("web", "web"), "web does not answer for the other container and the host"


@pytest.mark.claim("q5.2", says="the second bind of port 8080 gets EADDRINUSE", verdict="partly")
def test_second_bind_is_refused_with_exceptions(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """It gets EADDRINUSE, unless all of one user set SO_REUSEPORT, which share the port, or the addresses differ."""
    second = {address: observe.bind(lab, "other", address, 8080) for address in (ANY, "127.0.0.1")}
    for name in ("one", "two"):
        change.container("host", name, "--network host", SHARING.format(port=9090, name=name))
    sharing = answerers(lab, "outsider", NORTH, 9090, 2)
    alone = observe.bind(lab, "other", ANY, 9090)
    stranger = run_to_its_end(
        lab, change, "stranger", "--network host --user 65534", SHARING.format(port=9090, name="stranger")
    )
    change.container("host", "north", "--network host", f"serve north http:9091:{NORTH}")
    assert answers(lab, "outsider", NORTH, 9091) == "north", "the server on one address does not answer"
    elsewhere = {address: observe.bind(lab, "other", address, 9091) for address in (NORTH, SOUTH, ANY)}
    evidence("bound while web has 0.0.0.0:8080", second)
    evidence("who answers on a port that two containers share by SO_REUSEPORT", sharing)
    evidence("there, without SO_REUSEPORT", alone)
    evidence("there, with SO_REUSEPORT, as another user", stranger.log)
    evidence(f"bound while north has {NORTH}:9091", elsewhere)
    assert second == {ANY: "EADDRINUSE", "127.0.0.1": "EADDRINUSE"}, "the second bind was not refused"
    assert sharing == {"one", "two"}, f"SO_REUSEPORT should share the port between one and two, there answers {sharing}"
    assert alone == "EADDRINUSE", "a bind without SO_REUSEPORT was not refused"
    assert (stranger.code, GLIBC in stranger.log) == (1, True), "another user could share the port"
    assert elsewhere == {NORTH: "EADDRINUSE", SOUTH: "", ANY: "EADDRINUSE"}, "addresses do not matter as they should"


@pytest.mark.claim("q5.3", says="the second `docker run -d` fails: exit code 1, EADDRINUSE", verdict="partly")
def test_docker_run_succeeds_and_the_container_fails(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`docker run -d` itself ends with 0: the container starts; its program fails, and the container ends with 1."""
    ended = run_to_its_end(lab, change, "second", "--network host", "nc -l -p 8080")
    state = lab.engine("host").api.inspect_container("second")["State"]
    evidence("docker run -d --network host … nc -l -p 8080: exit code of the command", ended.cli)
    evidence("the container's state", {key: state[key] for key in ("Status", "ExitCode", "Error", "StartedAt")})
    evidence("its log", ended.log)
    evidence("who listens on 8080", listeners(lab, "host", 8080))
    assert ended.cli == 0, f"docker run -d ended with {ended.cli}"
    assert (state["Status"], ended.code) == ("exited", 1), f"the container is {state['Status']}, exit code {ended.code}"
    assert not state["Error"], "the engine counts it as an error of its own"
    assert observe.bind(lab, "host", ANY, 8080) == "EADDRINUSE", "the port was free, so that is not why it failed"


@pytest.mark.claim("q5.4", says='`docker logs` shows "Address already in use"', verdict="depends")
def test_text_is_the_c_librarys_and_the_errno_the_kernels(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The kernel says EADDRINUSE; "Address already in use" is what glibc, as here, makes of it.

    Other libraries have other words: musl's are not here to be seen.
    """
    ended = run_to_its_end(lab, change, "second", "--network host", "nc -l -p 8080")
    library = lab.run("web", f"grep -c '{GLIBC}' /lib/*/libc.so.6")
    errno = observe.bind(lab, "other", ANY, 8080)
    evidence("docker logs second", ended.log)
    evidence(f"lines of the container's own libc.so.6 with “{GLIBC}”", library.stdout)
    evidence("the same bind, by errno", errno)
    assert ended.log == f"nc: {GLIBC}", f"nc said: {ended.log}"
    assert (library.rc, int(library.stdout or 0) > 0) == (0, True), "the text is not in the container's C library"
    assert errno == "EADDRINUSE", f"the kernel's answer was {errno or 'success'}"


@pytest.mark.claim(
    "q5.5", says="different ports, or different addresses of the host, avoid the conflict", verdict="proven"
)
def test_other_ports_and_addresses_work(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """Another port works beside the first; one port works on two addresses when nobody has it on all of them."""
    change.container("host", "second", "--network host", f"serve second http:8081:{ANY}")
    change.container("host", "north", "--network host", f"serve north http:9092:{NORTH}")
    change.container("host", "south", "--network host", f"serve south http:9092:{SOUTH}")
    ends = [(NORTH, 8080), (NORTH, 8081), (NORTH, 9092), (SOUTH, 9092)]
    answered = [answers(lab, "outsider", address, port) for address, port in ends]
    beside = observe.bind(lab, "other", SOUTH, 8080)
    evidence("who answers", [f"{address}:{port} {node}" for (address, port), node in zip(ends, answered, strict=True)])
    evidence(f"{SOUTH}:8080 while web has 0.0.0.0:8080", beside)
    assert answered == ["web", "second", "north", "south"], "the servers do not coexist"
    assert beside == "EADDRINUSE", "an address could be had although somebody has them all"


@pytest.mark.claim(
    "q5.6", says="each container has its own socket namespace, in host mode the host's", verdict="refuted"
)
def test_ports_belong_to_the_network_namespace(lab: RunningLab, evidence: Evidence) -> None:
    """There is no socket namespace: with `--network host` the network namespace is the host's, and has the ports."""
    found = {name: namespaces(lab, name) for name in ("host", "web", "other", "left", "right")}
    shared = lab.run("host", ["python3", "-c", TAKE_8080], limit=20)
    apart = lab.run("host", ["unshare", "--net", "python3", "-c", TAKE_8080], limit=20)
    evidence("kinds of namespaces the kernel has", sorted(found["host"]))
    evidence("network namespaces", {name: spaces["net"] for name, spaces in found.items()})
    evidence("other namespaces of host and web", [found["host"]["mnt"], found["web"]["mnt"]])
    evidence("taking 8080 on the host", shared.stderr.splitlines()[-1:])
    evidence("the same, with nothing but another network namespace", apart.stderr or "works")
    assert not [kind for kind in found["host"] if "sock" in kind], "the kernel has a socket namespace"
    assert found["web"]["net"] == found["other"]["net"] == found["host"]["net"], "they are in different namespaces"
    assert len({found[name]["net"] for name in ("host", "left", "right")}) == 3, "bridged containers share a namespace"
    for kind in ("mnt", "pid"):
        assert found["web"][kind] != found["host"][kind], f"the container has the host's {kind} namespace, too"
    assert (shared.rc, GLIBC in shared.stderr) == (1, True), "port 8080 of the host was free"
    assert apart.rc == 0, f"another network namespace alone did not free the port: {apart.stderr}"


@pytest.mark.claim("q5.7", says="on a bridge both containers can bind 8080", verdict="proven")
def test_bridged_containers_both_bind_8080(lab: RunningLab, evidence: Evidence) -> None:
    """Two containers on a bridge, and the host itself, listen on 8080 at once, each on its own addresses."""
    seen = {name: listeners(lab, name, 8080) for name in ("host", "left", "right")}
    ends = (LEFT, RIGHT, "127.0.0.1")
    answered = {address: observe.dial(lab, "host", address, 8080).said.get("node") for address in ends}
    again = {name: observe.bind(lab, name, ANY, 8080) for name in ("left", "right")}
    evidence("who listens on 8080, by namespace", seen)
    evidence("who answers the host", answered)
    evidence("a second bind within one of them", again)
    assert all(found == [f"{ANY}:8080"] for found in seen.values()), "one of them does not listen on 8080"
    assert answered == {LEFT: "left", RIGHT: "right", "127.0.0.1": "web"}, "not each of them answers for itself"
    assert again == {"left": "EADDRINUSE", "right": "EADDRINUSE"}, "within one namespace a port can be bound twice"


@pytest.mark.claim(
    "f5",
    says="can a namespace wrapper give a container with `--network host` a port space of its own?",
    verdict="partly",
)
def test_a_wrapper_isolates_ports_and_network_alike(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`unshare -n` needs CAP_SYS_ADMIN; it frees the ports, but leaves lo alone and nothing of the host's network."""
    refused = run_to_its_end(lab, change, "refused", "--network host", "unshare -n true")
    show = "ip -o link | cut -d: -f2 | cut -d@ -f1"
    plain = run_to_its_end(lab, change, "plain", "--network host", f"sh -c '{show}'")
    wrapped = run_to_its_end(lab, change, "wrapped", "--network host --cap-add SYS_ADMIN", f"unshare -n sh -c '{show}'")
    serve = f"unshare -n serve inside http:8080:{ANY}"
    change.container("host", "inside", "--network host --cap-add SYS_ADMIN", serve)
    process = int(lab.engine("host").api.inspect_container("inside")["State"]["Pid"])
    listing = f"nsenter -t {process} -n ss -Hltn sport = 8080"
    within = until(lambda: lab.run("host", listing).stdout, 10)
    outside = observe.dial(lab, "outsider", NORTH, 8080).said.get("node")
    evidence("unshare -n without CAP_SYS_ADMIN", refused.log)
    evidence("interfaces without the wrapper", plain.log.split())
    evidence("interfaces with it", wrapped.log.split())
    evidence("a second listener on 8080, in the wrapper", within)
    evidence("who answers on the host's address", outside)
    assert refused.code != 0, "unshare -n works without CAP_SYS_ADMIN"
    assert "Operation not permitted" in refused.log, f"it was refused for another reason: {refused.log}"
    assert {"eth0", "docker0"} <= set(plain.log.split()), "the container is not in the host's network namespace"
    assert wrapped.log.split() == ["lo"], f"the wrapper's namespace has {wrapped.log.split()}"
    assert within, "port 8080 is not free in the wrapper"
    assert outside == "web", "the wrapped server is reached on the host's address"
