"""The receiver on one event loop."""

from __future__ import annotations

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from .._client.transport import AsyncTransport
from .attempts import Attempts
from .call import Call, Incoming, NotACall, Trust, read_calls
from .coalescer import Coalescer
from .handlers import Handlers, Together, call, is_async
from .job import AsyncJob, Job
from .ledger import Answer, Handled, Ledger
from .notification import notification
from .redaction import hide_handles
from .work import Run, Work

log = logging.getLogger("hookline")

_FAILED = "The call failed"
_CONNECTIONS = httpx.Limits(max_connections=100, max_keepalive_connections=20)


@dataclass(frozen=True)
class Outgoing:
    """An answer of this receiver."""

    status: int
    body: bytes

    @property
    def headers(self) -> list[tuple[str, str]]:
        headers = [("content-type", "application/json"), ("content-length", str(len(self.body)))]
        return [*headers, ("retry-after", "5")] if self.status == 503 else headers


class Engine:
    """Verifies calls, and hands each to its handler once. It belongs to the event loop on which it is created."""

    def __init__(self, handlers: Handlers, trust: Trust, heartbeat_secs: float | None, concurrency: int) -> None:
        hide_handles()
        self.loop = asyncio.get_running_loop()
        self._handlers = handlers
        self._trust = trust
        self._transport = AsyncTransport(_CONNECTIONS)
        self._attempts = Attempts(Coalescer(self._transport), heartbeat_secs)
        self._ledger = Ledger()
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="hookline")
        self._turn = asyncio.Semaphore(concurrency)
        self._busy: set[asyncio.Future[Any]] = set()
        self._is_closing = False

    async def answer(self, request: Incoming) -> Outgoing:
        """Answers a request, whatever it is."""
        try:
            if not self._handlers.know(request.path):
                raise NotACall(404, "No handler for this path")
            exchange = read_calls(request, self._trust)
            if exchange.is_group:
                return _outgoing(200, await self._group(request.path, exchange.calls))
            handler = self._handler(request.path, False)
            return _outgoing(200, await self._handle(request.path, exchange.calls[0], handler, False))
        except NotACall as refusal:
            return _outgoing(refusal.status, {"error": str(refusal)})
        except Exception:
            # The handler of a notification failed, and was logged there.
            return _outgoing(500, {"error": _FAILED})

    async def close(self) -> None:
        """Refuses new work with 503; returns when all work has ended and its results are reported."""
        self._is_closing = True
        while self._busy:
            await asyncio.wait(self._busy)
        self._threads.shutdown(wait=False)
        await self._transport.close()

    async def _group(self, path: str, calls: list[Call]) -> Answer:
        """Returns an entry for each call that is refused, or has more to say than that it is accepted."""
        handler = self._handler(path, True)

        async def entry(one: Call) -> Answer:
            try:
                return {"key": one.key, **await self._handle(path, one, handler, True)}
            except Exception as error:
                return {"key": one.key, "refused": str(error) if isinstance(error, NotACall) else _FAILED}

        return {"results": [one for one in await asyncio.gather(*map(entry, calls)) if len(one) > 1]}

    async def _handle(self, path: str, one: Call, handler: Run | None, is_group: bool) -> Answer:
        if one.event == "cancel":
            if one.handle:
                self._attempts.cancel(one.handle)
            return {}
        return await self._ledger.once(one.key, lambda: self._begin(path, one, handler, is_group))

    def _begin(self, path: str, one: Call, handler: Run | None, is_group: bool) -> Handled:
        # Nobody could work on it here. With a retry policy, the service calls again, where another process may answer.
        if self._is_closing:
            raise NotACall(503, "This receiver is shutting down")
        if one.event == "start" and one.handle:
            if handler is None:
                raise NotACall(404, "No handler of tasks for this path")
            handled = self._attempts.begin(one, one.handle, handler, is_group)
        else:
            handled = self._notify(path, one)
        self._busy.add(handled.done)
        handled.done.add_done_callback(self._busy.discard)
        return handled

    def _notify(self, path: str, one: Call) -> Handled:
        handler = self._handlers.notifications.get(path)
        if handler is None:
            raise NotACall(404, "No handler of notifications for this path")

        async def run() -> Answer:
            async with self._turn:
                await call(handler, notification(one), self._threads)
            return {}

        async def end() -> None:
            try:
                await asyncio.shield(answer)
            except Exception:
                log.exception("%s: the handler of the notification failed", one.key)

        answer = asyncio.ensure_future(run())
        return Handled(answer, asyncio.ensure_future(end()))

    def _handler(self, path: str, is_group: bool) -> Run | None:
        """Returns how to work on the tasks of a request, or None for a path without tasks."""
        single, group = self._handlers.starts.get(path), self._handlers.groups.get(path)
        if group and (is_group or not single):
            return Together(group, self._threads)
        if not single:
            return None

        async def in_turn(work: Work) -> object:
            async with self._turn:
                return await call(single, AsyncJob(work) if is_async(single) else Job(work), self._threads)

        return in_turn


def _outgoing(status: int, body: Any) -> Outgoing:
    return Outgoing(status, json.dumps(body).encode())
