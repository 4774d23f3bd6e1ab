"""container: two containers in one network namespace.

host ── front   10.8.1.1/24 ──┬── 10.8.1.2 eth0 ┌────────────────────────────┐
                              │                 │ main     HTTP on port 8080 │  one network namespace
                              │                 │ sidecar  HTTP on port 8081 │  (sidecar: container:main)
                              │                 └────────────────────────────┘
                              └── 10.8.1.3 eth0   visitor

        metrics 10.8.2.1/24 ───── 10.8.2.3 eth0   scraper
"""

from netproof.model import Container, Http, Join, Lab, LabHost, Network

LAB = Lab(
    name="container",
    shows="Containers in one network namespace share its addresses and its ports.",
    question="q8",
    hosts=[LabHost("host")],
    networks=[
        Network("front", on="host", subnet="10.8.1.0/24"),
        Network("metrics", on="host", subnet="10.8.2.0/24"),
    ],
    nodes=[
        Container("main", on="host", networks=[Join("front", address="10.8.1.2")], serves=[Http(8080)]),
        Container("sidecar", on="host", network="container:main", serves=[Http(8081)]),
        Container("visitor", on="host", networks=[Join("front", address="10.8.1.3")]),
        Container("scraper", on="host", networks=[Join("metrics", address="10.8.2.3")]),
    ],
)
