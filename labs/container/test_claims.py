"""What the document says about containers that share a network namespace (q8), and what is true."""

from __future__ import annotations

import json

import pytest

from netproof.fixtures.changes import Change
from netproof.fixtures.evidence import Evidence
from netproof.lab import observe
from netproof.lab.running import RunningLab
from netproof.labs.container.steps import busybox_sidecar, created, interfaces, network_identity
from netproof.labs.host.steps import answers, run_to_its_end
from netproof.wait import until

MAIN, ANY = "10.8.1.2", "0.0.0.0"  # noqa: S104 - an address to bind in the lab
SECOND = "10.8.2.2"  # main's address once it is connected to metrics
EMBEDDED_DNS = "127.0.0.11"
NO_SECOND_NETWORK = "container sharing network namespace with another container or host cannot be connected"


@pytest.mark.claim(
    "q8.1",
    says="`--network container:X` makes both share one network stack: the same address, the same ports",
    verdict="proven",
)
def test_both_are_in_one_network_namespace(lab: RunningLab, evidence: Evidence) -> None:
    """Both are in one network namespace: one interface, one address, on which each answers on its own port."""
    identity = {name: network_identity(lab, name) for name in ("main", "sidecar", "visitor")}
    inside = {name: interfaces(lab, name) for name in ("main", "sidecar")}
    own = lab.engine("host").api.inspect_container("sidecar")["NetworkSettings"]["Networks"]
    answered = {port: observe.dial(lab, "visitor", MAIN, port).said.get("node") for port in (8080, 8081)}
    evidence("network namespaces", identity)
    evidence("interfaces and addresses", inside)
    evidence("networks the engine has connected the sidecar to", own)
    evidence(f"who answers the visitor on {MAIN}", answered)
    assert identity["main"] == identity["sidecar"], "they are in different network namespaces"
    assert identity["main"] != identity["visitor"], "an ordinary container is in the same namespace, too"
    assert inside["main"] == inside["sidecar"] == {"lo": ["127.0.0.1/8"], "eth0": [f"{MAIN}/24"]}, (
        "they do not have one interface and one address"
    )
    assert not own, "the engine has given the sidecar a network of its own"
    assert answered == {8080: "main", 8081: "sidecar"}, "they do not both answer on main's address"


@pytest.mark.claim("q8.2", says="the second bind of 8080 fails with EADDRINUSE, as in host mode", verdict="proven")
def test_second_bind_is_refused(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The sidecar's bind of main's port gets EADDRINUSE: `docker run -d` ends with 0, the container with 1."""
    binds = {name: observe.bind(lab, name, ANY, 8080) for name in ("main", "sidecar", "visitor")}
    ended = run_to_its_end(lab, change, "second", "--network container:main", "nc -l -p 8080")
    evidence("binding 8080", {name: errno or "works" for name, errno in binds.items()})
    evidence("docker run -d --network container:main … nc -l -p 8080", ended)
    assert binds == {"main": "EADDRINUSE", "sidecar": "EADDRINUSE", "visitor": ""}, (
        "the port is not taken for both alone"
    )
    assert (ended.cli, ended.code) == (0, 1), f"docker run ended with {ended.cli}, the container with {ended.code}"
    assert "Address already in use" in ended.log, f"it failed for another reason: {ended.log}"


@pytest.mark.claim("q8.3", says="a sidecar on 8081 works; the two reach each other on 127.0.0.1", verdict="proven")
def test_they_reach_each_other_on_loopback(lab: RunningLab, evidence: Evidence) -> None:
    """On another port both serve; each reaches the other on 127.0.0.1, where a third container finds neither."""
    by_main = observe.dial(lab, "main", "127.0.0.1", 8081)
    by_sidecar = observe.dial(lab, "sidecar", "127.0.0.1", 8080)
    by_visitor = [observe.dial(lab, "visitor", "127.0.0.1", port).outcome for port in (8080, 8081)]
    evidence("main asks 127.0.0.1:8081", by_main.said or by_main.outcome)
    evidence("sidecar asks 127.0.0.1:8080", by_sidecar.said or by_sidecar.outcome)
    evidence("visitor asks its own", by_visitor)
    assert (by_main.said.get("node"), by_main.said.get("caller")) == ("sidecar", "127.0.0.1"), "main got no answer"
    assert (by_sidecar.said.get("node"), by_sidecar.said.get("caller")) == ("main", "127.0.0.1"), "nor did the sidecar"
    assert by_visitor == ["refused", "refused"], "another container's loopback answers, too"


@pytest.mark.claim("q8.4", says="`docker exec main ss -tulpn` in Alpine shows both ports", verdict="refuted")
def test_any_tool_shows_both_but_busybox_has_no_ss(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """An image of busybox alone, as Alpine's, has no ss; its netstat shows both, and so does ss where it is."""
    busybox_sidecar(change)
    prescribed = lab.run("host", "docker exec tiny ss -tulpn", limit=20)
    netstat = lab.run("host", "docker exec tiny netstat -tln", limit=20).stdout
    real = lab.run("host", "docker exec main ss -tulpn", limit=20).stdout
    sockets = [item for item in observe.namespace(lab, "main").sockets if item.proto == "tcp"]
    kernel = [(item.address, item.port) for item in sockets if item.address != EMBEDDED_DNS]
    evidence("docker exec … ss -tulpn in an image of busybox alone", prescribed.stdout + prescribed.stderr)
    evidence("docker exec … netstat -tln there", netstat)
    evidence("docker exec main ss -tulpn in an image with ss", real)
    evidence("listeners in main's namespace, by netlink", kernel)
    assert prescribed.rc != 0, "there is an ss"
    assert "executable file not found" in prescribed.stdout + prescribed.stderr, "it failed for another reason"
    assert sorted(kernel) == [(ANY, 8080), (ANY, 8081)], "the namespace has other listeners"
    for port in (8080, 8081):
        assert f"{ANY}:{port}" in netstat, f"busybox's netstat does not show {port}"
        assert f"{ANY}:{port}" in real, f"ss does not show {port}"


@pytest.mark.claim("q8.5", says="the host's `ss -tulpn` shows 8080 and 8081", verdict="refuted")
def test_the_hosts_ss_does_not_show_them(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """The host's ss shows neither, for they are in another namespace; of a published port it shows docker-proxy."""
    change.container("host", "published", "-p 8090:80", "serve published http:80:0.0.0.0")
    process = lab.engine("host").api.inspect_container("main")["State"]["Pid"]
    prescribed = lab.run("host", "ss -tulpn | grep -E ':(8080|8081)'")
    proxy = lab.run("host", "ss -tulpn | grep -E ':8090'").stdout
    entered = lab.run("host", f"nsenter -t {process} -n ss -tuln").stdout
    evidence("ss -tulpn | grep -E ':(8080|8081)'", prescribed.stdout or f"(nothing, exit code {prescribed.rc})")
    evidence("the same for a published port, 8090", proxy)
    evidence("the host's ss in main's namespace", entered)
    assert (prescribed.rc, prescribed.stdout) == (1, ""), "the host's ss shows the containers' ports"
    assert "docker-proxy" in proxy, "ss shows no listener of the host either"
    for port in (8080, 8081):
        assert f"{ANY}:{port}" in entered, f"nobody listens on {port} in main's namespace"


@pytest.mark.claim(
    "q8.6",
    says="`docker inspect … | jq '.HostConfig.NetworkMode'` shows container:ID",
    verdict="partly",
)
def test_inspect_prints_a_list_with_the_full_id(lab: RunningLab, evidence: Evidence) -> None:
    """inspect prints a list, of which there is no .HostConfig; `.[0].HostConfig.NetworkMode` is container:FULL ID."""
    printed = json.loads(lab.run("host", "docker inspect sidecar", limit=20).stdout)
    identity = lab.run("host", "docker inspect --format '{{.Id}}' main", limit=20).stdout.strip()
    formatted = lab.run("host", "docker inspect --format '{{.HostConfig.NetworkMode}}' sidecar", limit=20)
    evidence("docker inspect sidecar prints", f"a {type(printed).__name__} of {len(printed)}")
    evidence("main's id", identity)
    evidence("docker inspect --format '{{.HostConfig.NetworkMode}}' sidecar", formatted.stdout)
    assert isinstance(printed, list), "inspect prints no list"
    with pytest.raises(TypeError):
        printed["HostConfig"]  # type: ignore[call-overload]  # what jq's '.HostConfig' asks for, and fails at, too
    assert len(identity) == 64, f"{identity} is no full id"
    assert printed[0]["HostConfig"]["NetworkMode"] == f"container:{identity}", "the mode is not container:FULL ID"
    assert formatted.stdout.strip() == f"container:{identity}", "--format says something else"


@pytest.mark.claim(
    "f8",
    says="can two services in one namespace have the same port through different interfaces?",
    verdict="proven",
)
def test_one_port_on_two_addresses(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """With main on a second network both serve 9090, on one address each; a wildcard bind is refused.

    So is connecting the sidecar to a network of its own.
    """
    change.keep("main", "/etc/hosts")  # it keeps its name with an address that it has no more
    change.run("host", f"docker network connect --ip {SECOND} metrics main", "docker network disconnect metrics main")
    change.container("host", "app", "--network container:main", f"serve app http:9090:{MAIN}")
    change.container("host", "exporter", "--network container:main", f"serve exporter http:9090:{SECOND}")
    inside = {name: interfaces(lab, name) for name in ("main", "sidecar")}
    answered = [answers(lab, "visitor", MAIN, 9090), answers(lab, "scraper", SECOND, 9090)]
    wildcard = observe.bind(lab, "sidecar", ANY, 9090)
    refused = lab.run("host", "docker network connect metrics sidecar", limit=20)
    evidence("interfaces of main and of its sidecar", inside)
    evidence(f"who answers on {MAIN}:9090 and on {SECOND}:9090", answered)
    evidence("binding 0.0.0.0:9090", wildcard)
    evidence("docker network connect metrics sidecar", refused.stderr)
    assert inside["main"] == inside["sidecar"], "the sidecar does not see main's new interface"
    assert [f"{SECOND}/24"] in inside["sidecar"].values(), "the new interface does not have the wanted address"
    assert answered == ["app", "exporter"], "the two do not both answer on their address"
    assert wildcard == "EADDRINUSE", "all addresses could be had although two are taken"
    assert (refused.rc, NO_SECOND_NETWORK in refused.stderr) == (1, True), (
        f"connecting the sidecar should be refused: {refused.rc}, {refused.stderr}"
    )


@pytest.mark.claim(
    "b35",
    says="with --network container: the options --publish and --dns, among others, are not supported",
    verdict="proven",
    source="https://docs.docker.com/engine/network/",
)
def test_options_of_a_network_stack_are_refused(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """`-p`, `--dns`, `--add-host` and `--hostname` are refused with `container:`; without it they are accepted."""
    options = ("-p 8070:80", "--dns 203.0.113.1", "--add-host a:203.0.113.1", "--hostname elsewhere")
    refused = {
        option: created(change, f"with{n}", f"--network container:main {option}") for n, option in enumerate(options)
    }
    allowed = {option: created(change, f"apart{n}", option) for n, option in enumerate(options)}
    plain = created(change, "plain", "--network container:main")
    evidence("docker create --network container:main …", refused)
    evidence("the same without --network", {option: said or "created" for option, said in allowed.items()})
    evidence("docker create --network container:main alone", plain or "created")
    made = {item["Names"][0].lstrip("/") for item in lab.engine("host").api.containers(all=True)}
    assert all("conflicting options" in said for said in refused.values()), "an option was not refused as conflicting"
    assert not [name for name in made if name.startswith("with")], "a refused container was created"
    assert not any(allowed.values()), "an option is refused even without container:"
    assert not plain, "container: is refused even without another option"


@pytest.mark.claim(
    "b202",
    says="a container that shares another's network goes on sharing it when that one is restarted",
    verdict="refuted",
    source="https://github.com/docker/compose/issues/10263",
)
def test_a_restart_leaves_who_shares_behind(lab: RunningLab, change: Change, evidence: Evidence) -> None:
    """A restart gives a container a new network namespace; whoever shares the old one runs on there, without interface,
    until it is restarted itself.
    """
    change.container("host", "base", "--network front --ip 10.8.1.9", "serve base http:8080:0.0.0.0")
    change.container("host", "rider", "--network container:base", "serve rider http:8081:0.0.0.0")
    together = {"one namespace": True, "the rider's interfaces": ["eth0", "lo"], "answers": ["base", "rider"]}
    apart = {"one namespace": False, "the rider's interfaces": ["lo"], "answers": ["base", "refused"]}
    seen = {"before": _sharing(lab, together)}
    for name, wanted in (("base", apart), ("rider", together)):
        change.run("host", f"docker restart -t 0 {name}", "true")
        seen[f"after a restart of {name}"] = _sharing(lab, wanted)
    for title, found in seen.items():
        evidence(title, found)
    assert list(seen.values()) == [together, apart, together]


def _sharing(lab: RunningLab, wanted: dict[str, object]) -> dict[str, object]:
    """Whether base and rider share a namespace, what the rider has in its own, and who answers the visitor.

    Servers that have only just started get some time to be as wanted.
    """
    until(lambda: _shared_now(lab) == wanted, 10)
    return _shared_now(lab)


def _shared_now(lab: RunningLab) -> dict[str, object]:
    dialled = [observe.dial(lab, "visitor", "10.8.1.9", port) for port in (8080, 8081)]
    return {
        "one namespace": network_identity(lab, "base@host") == network_identity(lab, "rider@host"),
        "the rider's interfaces": sorted(interfaces(lab, "rider@host")),
        "answers": [answer.said.get("node", answer.outcome) for answer in dialled],
    }
