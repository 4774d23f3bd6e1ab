"""restart: what a restart of the engine leaves alone, with live-restore and without.

server 172.17.0.2 ──┐ published: 8080 to its 80, HTTP
                    ├── docker0 172.17.0.1/16 ┌────────┐ eth0                     eth0
echo   172.17.0.3 ──┘                         │  host  │ 203.0.113.2 ── wire ── 203.0.113.1  outsider
         published: 7070 to its 7070          └────────┘
                                             live-restore

plain: a second host, without live-restore
"""

from netproof.model import Container, Http, Lab, LabHost, Link, Outsider, Wire

LAB = Lab(
    name="restart",
    shows="With live-restore, containers and connections outlive a restart of the engine; its rules are written anew.",
    wires=[Wire("wire", subnet="203.0.113.0/24")],
    hosts=[
        LabHost("host", engine={"live-restore": True}, links=[Link("eth0", wire="wire", address="203.0.113.2")]),
        LabHost("plain"),
    ],
    nodes=[
        Container("server", on="host", address="172.17.0.2", publish="8080:80", serves=[Http(80)]),
        Container(
            "echo",
            on="host",
            address="172.17.0.3",
            publish="7070:7070",
            command=["socat", "TCP4-LISTEN:7070,reuseaddr,fork", "PIPE"],
        ),
        Outsider("outsider", beside="host", links=[Link("eth0", wire="wire", address="203.0.113.1")]),
    ],
)
