"""A docker-py client for the engine inside a lab host.

Its requests travel through the agent, so the engine needs no TCP port and no socket on the machine.
Answers come whole: what streams without end (events, attach, logs --follow) is not for this client.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import docker
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from netproof.errors import AgentError
from netproof.lab.agent_client import Agent

_URL = "http://lab-host:2375"  # docker-py wants a port; nothing listens on one


class _ThroughAgent(BaseAdapter):
    """Requests' transport: one agent call a request."""

    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        parts = urlsplit(request.url or "")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self._agent.call(
            "http",
            method=request.method,
            path=f"{parts.path}?{parts.query}" if parts.query else parts.path,
            headers=dict(request.headers),
            body=base64.b64encode(body).decode() if body else None,
        )
        response = Response()
        response.status_code = answer["status"]
        response.reason = answer["reason"]
        response.headers = CaseInsensitiveDict(answer["headers"])
        response.url = request.url or ""
        response.request = request
        response._content = base64.b64decode(answer["body"])  # noqa: SLF001 - how requests' own adapters in tests do it
        return response

    def close(self) -> None:
        """Nothing is kept open between requests."""


def engine_of(agent: Agent) -> docker.DockerClient:
    """A docker-py client for a lab host's engine; AgentError when that does not answer."""
    try:
        answer = agent.call("http", method="GET", path="/_ping", limit=5.0)
    except AgentError as error:
        raise AgentError(f"The engine does not answer. {error.problem}", error.remedy) from error
    version = answer["headers"].get("Api-Version") or "1.41"
    client = docker.DockerClient(base_url=_URL, version=version)
    client.api.mount(_URL, _ThroughAgent(agent))
    return client
