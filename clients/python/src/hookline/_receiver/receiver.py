"""The receiver: what programs see of the kit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeVar

from .._client.session import checked_url
from . import asgi, wsgi
from .call import Trust
from .engine import Engine
from .handlers import (
    AsyncGroupHandler,
    AsyncHandler,
    GroupHandler,
    Handler,
    Handlers,
    NotificationHandler,
)
from .signature import verifier

S = TypeVar("S", bound=Handler | AsyncHandler)
G = TypeVar("G", bound=GroupHandler | AsyncGroupHandler)
N = TypeVar("N", bound=NotificationHandler)


class Receiver:
    """
    Receives Hookline's calls: verifies them, handles each once, and reports the results. Mount `receiver.asgi` or
    `receiver.wsgi`, one of them. Handlers are chosen by the path below the mount; cancel calls use that of the start.

    - `secrets`: the service's `WEBHOOK_SIGNING_SECRET`, one or several. False: calls are not signed, and anyone who can
      reach this receiver can start work.
    - `tolerance_secs`: allowed difference to the service's clock.
    - `service`: address of the service (`HOST_URL`). If set, calls whose handle leads elsewhere are refused.
    - `url`: address of this receiver without the path, e.g. `https://worker.example.com`, for cancel calls. Default:
      the host that the service called. Needed behind a proxy that changes the host or ends TLS.
    - `heartbeat_secs`: interval of signs of life for running tasks. Default: none, only progress.
    - `concurrency`: number of handlers that run at once; the others wait.

    :raises ValueError: if a secret or an address is malformed, or a number is out of range.
    """

    def __init__(
        self,
        *,
        secrets: str | Sequence[str] | Literal[False],
        tolerance_secs: float = 300.0,
        service: str | None = None,
        url: str | None = None,
        heartbeat_secs: float | None = None,
        concurrency: int = 100,
    ) -> None:
        if concurrency < 1:
            raise ValueError("concurrency: must be at least 1")
        if heartbeat_secs is not None and heartbeat_secs <= 0:
            raise ValueError("heartbeat_secs: must be positive")
        self._trust = Trust(
            None if secrets is False else verifier(secrets, tolerance_secs),
            None if service is None else checked_url("service", service),
            None if url is None else checked_url("url", url),
        )
        self._handlers = Handlers()
        self._heartbeat_secs = heartbeat_secs
        self._concurrency = concurrency
        self._engine: Engine | None = None
        self._thread = wsgi.LoopThread()
        self.asgi = asgi.Application(self._engine_here, self.aclose)
        """The ASGI application; work runs on the event loop of the server."""

    def start(self, path: str) -> Callable[[S], S]:
        """
        Registers a handler of tasks, for single and grouped calls. A task succeeds when its handler returns, with what
        it returns as its result unless that is None, and fails when it raises. A coroutine is canceled with its task.
        """
        return _registrar(self._handlers.starts, path)

    def group(self, path: str) -> Callable[[G], G]:
        """
        Registers a handler that gets all new tasks of a call at once. Those that it has not ended succeed when it
        returns, and fail when it raises.
        """
        return _registrar(self._handlers.groups, path)

    def notification(self, path: str) -> Callable[[N], N]:
        """
        Registers a handler of `on_success`, `on_failure` or `on_batch_complete`. A notification is repeated if its
        handler raises.
        """
        return _registrar(self._handlers.notifications, path)

    def wsgi(self, environ: dict[str, Any], start_response: wsgi.StartResponse) -> Iterable[bytes]:
        """The WSGI application; work runs on an event loop in a thread of its own."""
        return wsgi.respond(environ, start_response, lambda request: self._thread.run(self._answer(request)))

    async def aclose(self) -> None:
        """Refuses new work with 503; returns when all work has ended and its results are reported."""
        if self._engine:
            await self._engine.close()

    def close(self) -> None:
        """Does for `wsgi` what `aclose` does for `asgi`."""
        self._thread.run(self.aclose())
        self._thread.stop()

    async def _answer(self, request: Any) -> Any:
        return await self._engine_here().answer(request)

    def _engine_here(self) -> Engine:
        """Returns the engine of the running event loop."""
        if self._engine is None or self._engine.loop.is_closed():
            self._engine = Engine(self._handlers, self._trust, self._heartbeat_secs, self._concurrency)
        if self._engine.loop is not asyncio.get_running_loop():
            raise RuntimeError("A receiver serves one event loop: mount either asgi or wsgi, once")
        return self._engine


H = TypeVar("H", bound=Callable[..., object])


def _registrar(handlers: dict[str, Callable[[Any], object]], path: str) -> Callable[[H], H]:
    if not path.startswith("/"):
        raise ValueError(f'path: must begin with "/", unlike "{path}"')
    if path in handlers:
        raise ValueError(f'path: there is a handler for "{path}" already')

    def register(handler: H) -> H:
        handlers[path] = handler
        return handler

    return register
