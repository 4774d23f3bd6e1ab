"""What runs inside a lab host: a resident program that speaks JSON, one document a line.

It is shipped as source over the stream it will speak on, so it always matches the orchestrator that
uses it. It imports the standard library and pyroute2, and nothing else of ours.

Request:  {"id": 7, "op": "run", "args": {...}}
Answer:   {"id": 7, "ok": true, "result": ...}  or  {"id": 7, "ok": false, "error": "...", "kind": "..."}

Answers come in the order in which the work is done, not asked. Namespaces are named by *places*:

    host              the lab host's own namespace
    container:NAME    a container of the lab host's engine, all its namespaces
    netns:NAME        a named network namespace under /run/netns
    path:FILE         a network namespace by file, such as an overlay's under /run/docker/netns
"""
