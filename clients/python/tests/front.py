"""A reverse proxy in front of the service that records requests and can intercept them."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Passing:
    """A request that came by."""

    method: str
    path: str
    """Without the query."""
    headers: dict[str, str]
    body: Any
    status: int | None = None
    query: str = field(default="", repr=False)


Obstacle = Callable[[Passing], "int | tuple[int, dict[str, str]] | str | None"]
"""Returns a status, a status with headers, `cut` for a cut connection, `lose` to cut it instead of the answer."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that are cut are no news."""


class Front:
    """The proxy, at the address that handles lead to."""

    def __init__(self, port: int, target: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.passed: list[Passing] = []
        self._obstacle: Obstacle | None = None
        self._streams: set[socket.socket] = set()
        host = urlsplit(target).netloc
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                path, _, query = self.path.partition("?")
                headers = {name.lower(): value for name, value in self.headers.items()}
                passing = Passing(self.command, path, headers, json.loads(content) if content else None, query=query)
                front.passed.append(passing)
                found = front._obstacle(passing) if front._obstacle else None
                self.close_connection = True
                if found == "cut":
                    return
                if isinstance(found, (int, tuple)):
                    passing.status, extra = found if isinstance(found, tuple) else (found, {})
                    self.respond(passing.status, extra)
                    return
                upstream = http.client.HTTPConnection(host, timeout=60)
                forwarded = {**headers, "connection": "close"}
                upstream.request(self.command, self.path, content or None, forwarded)
                answer = upstream.getresponse()
                passing.status = answer.status
                front._streams.add(self.connection)
                if found != "lose":
                    hop = ("connection", "transfer-encoding", "content-length", "keep-alive")
                    self.respond(answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in hop}, answer)
                front._streams.discard(self.connection)
                upstream.close()

            def respond(
                self, status: int, headers: dict[str, str], answer: http.client.HTTPResponse | None = None
            ) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("connection", "close")
                self.end_headers()
                while answer and (piece := answer.read1(65_536)):
                    self.wfile.write(piece)
                    self.wfile.flush()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def log_message(self, *_: object) -> None:
                """Prints nothing."""

        self._server = _Server(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def obstruct(self, obstacle: Obstacle | None) -> None:
        """Intercepts requests from now on; None ends that."""
        self._obstacle = obstacle

    def seen(self, method: str, path: str) -> list[Passing]:
        """Returns the requests so far, passed on or intercepted, oldest first."""
        return [one for one in self.passed if (one.method, one.path) == (method, path)]

    def reports(self, id: str, method: str = "PATCH") -> list[dict[str, Any]]:
        """Returns the reports about a task that came so far, alone or with others."""
        alone = [one.body for one in self.seen(method, f"/task/{id}")]
        return alone + [item for one in self.seen(method, "/task") for item in one.body if item["id"] == id]

    def cut_streams(self) -> None:
        """Cuts the connections whose answers are not complete, like a proxy that restarts."""
        for connection in list(self._streams):
            # The client may have closed it already.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
