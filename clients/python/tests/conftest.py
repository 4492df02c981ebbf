"""
Fixtures on a real service. It runs with the variables `HOST_URL=http://127.0.0.1:{FRONT_PORT}`, `AUTH_TOKEN` and
`WEBHOOK_SIGNING_SECRET`; the tests get these variables too, and its address in `HOOKLINE_URL`.
`test/client/python-spec.ts` starts it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from socketserver import ThreadingMixIn
from typing import Any, TypeVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import uvicorn
from front import Front

from hookline import Created, Graph, Hookline, Receiver, webhook
from hookline.types import Action, Task

T = TypeVar("T")

URL = os.environ.get("HOOKLINE_URL", "http://127.0.0.1:18085")
TOKEN = os.environ.get("AUTH_TOKEN", "")
SECRET = os.environ.get("WEBHOOK_SIGNING_SECRET", "")
SERVERS = ["asgi", "wsgi"]


def eventually(assertion: Callable[[], T], timeout: float = 20.0) -> T:
    """Repeats an assertion until it passes, and returns its result."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return assertion()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def wait_until(condition: Callable[[], object]) -> None:
    """Waits until the condition holds."""

    def check() -> None:
        assert condition()

    eventually(check)


@pytest.fixture(scope="session")
def front_of_all() -> Iterator[Front]:
    front = Front(int(os.environ.get("FRONT_PORT", "18086")), URL)
    yield front
    front.close()


@pytest.fixture
def front(front_of_all: Front) -> Iterator[Front]:
    yield front_of_all
    front_of_all.obstruct(None)


@pytest.fixture(scope="session")
def hookline(front_of_all: Front) -> Iterator[Hookline]:
    with Hookline(front_of_all.url, token=TOKEN) as client:
        yield client


class _ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@contextmanager
def asgi_server(app: Any) -> Iterator[str]:
    """Serves an ASGI application by uvicorn, in a thread; drains it at the end."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def wsgi_server(app: Any) -> Iterator[str]:
    """Serves a WSGI application by the standard library, in threads."""
    server = make_server("127.0.0.1", 0, app, _ThreadedServer, _Silent)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Stage:
    """A receiver that is served, and the tasks for it."""

    def __init__(self, hookline: Hookline, front: Front, kind: str) -> None:
        self.hookline = hookline
        self.front = front
        self.kind = kind
        self.receiver = Receiver(secrets=SECRET, service=front.url)
        self.url = ""
        self._servers = ExitStack()

    def serve(self, **options: Any) -> Receiver:
        """Replaces the receiver by one with these options, and serves it."""
        self.receiver = Receiver(**{"secrets": SECRET, "service": self.front.url, **options})
        serve = asgi_server(self.receiver.asgi) if self.kind == "asgi" else wsgi_server(self.receiver.wsgi)
        self.url = self._servers.enter_context(serve)
        return self.receiver

    def close(self) -> None:
        """Stops the server, and drains the receiver."""
        if self.kind == "wsgi":
            self.receiver.close()
        self._servers.close()

    def action(self, path: str, **options: Any) -> Action:
        return webhook(self.url + path, **options)

    def create(self, path: str, **spec: Any) -> Created:
        """Creates a task `a` for the handler at this path."""
        graph = Graph()
        body = spec.pop("body", None)
        graph.task("a", **{"kind": "test", "on_start": self.action(path, body=body), **spec})
        return self.hookline.create(graph)

    def start(self, path: str, **spec: Any) -> str:
        """Creates a task, and returns its id when it runs."""
        id = self.create(path, **spec).ids["a"]
        self.until(id, status="Running")
        return id

    def until(self, id: str, **expected: Any) -> Task:
        """Waits until the task has these fields."""

        def check() -> Task:
            task = self.hookline.task(id)
            assert {name: task.get(name) for name in expected} == expected
            return task

        return eventually(check)


@pytest.fixture(params=SERVERS)
def stage(request: pytest.FixtureRequest, hookline: Hookline, front: Front) -> Iterator[Stage]:
    stage = Stage(hookline, front, request.param)
    yield stage
    stage.close()


@pytest.fixture
def asgi_stage(hookline: Hookline, front: Front) -> Iterator[Stage]:
    stage = Stage(hookline, front, "asgi")
    yield stage
    stage.close()
