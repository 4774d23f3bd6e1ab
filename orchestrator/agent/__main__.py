"""Read requests from stdin, answer on stdout; each request has a thread of its own.

A thread of its own is also what makes entering a network namespace safe: setns(2) moves one thread,
and the thread ends with the request.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from . import (
    capture,
    commands,
    engine_api,
    exchange,
    made_parts,
    namespaces,
    netns_passing,
    processes,
    resolve_in_namespace,
    socket_owners,
    tcp_connect,
    wires,
)

Operation = Callable[..., Any]


def _snapshot(**args: Any) -> Any:
    from . import snapshot  # noqa: PLC0415 - pyroute2 takes 0.2 s to import; plain commands do without

    return snapshot.take(**args)


def _wait_for_engine(**args: Any) -> Any:
    answer = engine_api.wait(**args)
    # Who waits for an engine makes containers next, and then looks at everything: that is compiled meanwhile.
    threading.Thread(target=importlib.import_module, args=(f"{__package__}.snapshot",), daemon=True).start()
    return answer


def _namespace(**args: Any) -> Any:
    from . import snapshot  # noqa: PLC0415 - as above

    return snapshot.namespace(**args)


def _places() -> Any:
    from . import snapshot  # noqa: PLC0415 - as above

    return snapshot.list_places()


def _lend(place: str, path: str) -> None:
    netns_passing.lend(namespaces.open_netns(place), path)


def _netfilter(**args: Any) -> Any:
    from . import netfilter  # noqa: PLC0415 - as above

    return netfilter.rules(**args)


def _probe(**args: Any) -> Any:
    from . import kernel_features  # noqa: PLC0415 - as above

    return kernel_features.features(**args)


def _flows(**args: Any) -> Any:
    from . import netlink  # noqa: PLC0415 - as above

    return netlink.flows(**args)


def _tap(operation: str) -> Operation:
    def call(**args: Any) -> Any:
        from . import capture_sockets  # noqa: PLC0415 - as above

        return getattr(capture_sockets, operation)(**args)

    return call


def _watch(**args: Any) -> Any:
    from . import exchange_watch  # noqa: PLC0415 - as above

    return exchange_watch.start(**args)


def _standing(**args: Any) -> Any:
    from . import exchange_watch  # noqa: PLC0415 - as above

    return exchange_watch.standing(**args)


def _unwatch(**args: Any) -> Any:
    from . import exchange_watch  # noqa: PLC0415 - as above

    return exchange_watch.stop(**args)


def _sockets(operation: str) -> Operation:
    def call(**args: Any) -> Any:
        from . import socket_lookup  # noqa: PLC0415 - as above

        return getattr(socket_lookup, operation)(**args)

    return call


def _routes(**args: Any) -> Any:
    from . import lookups  # noqa: PLC0415 - as above

    return lookups.routes(**args)


OPERATIONS: dict[str, Operation] = {
    "hello": lambda: {"pid": os.getpid(), "python": sys.version.split()[0], "kernel": os.uname().release},
    "clock": time.time_ns,
    "run": commands.run,
    "prefix": namespaces.command_prefix,
    "spawn": processes.spawn,
    "spawned": processes.spawned,
    "stop": processes.stop,
    "parts": made_parts.get,
    "part.put": made_parts.put,
    "part.remove": made_parts.remove,
    "http": engine_api.http,
    "engine.wait": _wait_for_engine,
    "engine.state": engine_api.state,
    "dial": tcp_connect.dial,
    "hang_up": tcp_connect.hang_up,
    "capture.start": capture.start,
    "capture.read": capture.read,
    "capture.stop": capture.stop,
    **{f"tap.{name}": _tap(name) for name in ("interfaces", "start", "follow", "hold", "stop")},
    "ask": tcp_connect.ask,
    "bind": tcp_connect.bind,
    "exchange.prepare": exchange.prepare,
    "exchange.send": exchange.send,
    "exchange.give_up": exchange.give_up,
    "exchange.forget": exchange.forget,
    "watch.start": _watch,
    "watch.standing": _standing,
    "watch.stop": _unwatch,
    "routes": _routes,
    "taker": _sockets("taker"),
    "users": _sockets("users"),
    "relays": socket_owners.relays,
    "resolve": resolve_in_namespace.resolve,
    "netns": wires.make_netns,
    "switch": wires.make_switch,
    "cable": wires.make_cable,
    "lend": _lend,
    "real": wires.take_real,
    "link": wires.change_link,
    "sysctl": wires.sysctl,
    "listening": wires.wait_listening,
    "snapshot": _snapshot,
    "namespace": _namespace,
    "places": _places,
    "netfilter": _netfilter,
    "flows": _flows,
    "probe": _probe,
}

_writing = threading.Lock()


def _answer(document: dict[str, Any]) -> None:
    line = json.dumps(document, separators=(",", ":")) + "\n"
    with _writing:
        sys.stdout.write(line)
        sys.stdout.flush()


def _serve(request: dict[str, Any]) -> None:
    number = request.get("id")
    try:
        if request["op"] not in OPERATIONS:
            raise LookupError(f"the agent has no operation {request['op']!r}")  # noqa: TRY301 - answered like any other
        result = OPERATIONS[request["op"]](**request.get("args", {}))
    except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the caller, not to this process
        text = str(error) or type(error).__name__
        _answer({"id": number, "ok": False, "error": text, "kind": type(error).__name__})
    else:
        _answer({"id": number, "ok": True, "result": result})


def main() -> None:
    """Serve until the stream closes. Commands and captures end with it; spawned servers do not."""
    for line in sys.stdin:
        if line.strip():
            threading.Thread(target=_serve, args=(json.loads(line),), daemon=True).start()
    commands.kill_all()
    if f"{__package__}.exchange_watch" in sys.modules:
        from . import exchange_watch  # noqa: PLC0415 - as above

        exchange_watch.close_all()
    os._exit(0)


if __name__ == "__main__":
    main()
