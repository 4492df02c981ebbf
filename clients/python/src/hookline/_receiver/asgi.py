"""ASGI, without a framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from .call import MAX_BODY_BYTES, Incoming
from .engine import Engine

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Application:
    """The ASGI application of a receiver; work runs on the event loop of the server."""

    def __init__(self, engine: Callable[[], Engine], close: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._respond(scope, receive, send)
        else:
            raise RuntimeError(f"A receiver has no {scope['type']}")

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        answer = await self._engine().answer(_incoming(scope, body))
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Serves the lifespan of a receiver that is not mounted: it drains at the end."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _body(receive: Receive) -> bytes | None:
    """Returns None if the client is gone. A body that is too large is cut, so that it is refused."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= MAX_BODY_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _incoming(scope: Scope, body: bytes) -> Incoming:
    root, path = scope.get("root_path", ""), scope["path"]
    # The path includes that of the mount; older frameworks remove it.
    is_whole = bool(root) and path.startswith(root)
    local = path[len(root) :] if is_whole else path
    raw = scope.get("raw_path")
    full = raw.split(b"?")[0].decode("latin-1") if raw else quote(path if is_whole or not root else root + path)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope.get("query_string", b"").decode("latin-1")
    return Incoming(scope.get("scheme", "http"), local, full, query, headers, body)
