"""Handlers, and how they are called."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from .job import AsyncJob, Job
from .notification import Notification
from .work import Work

Handler = Callable[[Job], object]
AsyncHandler = Callable[[AsyncJob], Awaitable[object]]
GroupHandler = Callable[[Sequence[Job]], object]
AsyncGroupHandler = Callable[[Sequence[AsyncJob]], Awaitable[object]]
NotificationHandler = Callable[[Notification], object]


@dataclass(frozen=True)
class Handlers:
    """The handlers of a receiver by path."""

    starts: dict[str, Callable[[Any], object]] = field(default_factory=dict)
    groups: dict[str, Callable[[Any], object]] = field(default_factory=dict)
    notifications: dict[str, Callable[[Any], object]] = field(default_factory=dict)

    def know(self, path: str) -> bool:
        return path in self.starts or path in self.groups or path in self.notifications


def is_async(handler: Callable[..., object]) -> bool:
    """Whether the handler belongs on the event loop."""
    return any(map(inspect.iscoroutinefunction, (handler, type(handler).__call__)))


async def call(handler: Callable[[Any], object], argument: object, threads: Executor) -> object:
    """Calls a handler: a coroutine here, a function in a thread. Only an `Exception` gets out."""
    if is_async(handler):
        result: Any = handler(argument)
        try:
            return await result
        except SystemExit as error:
            # It would end the event loop.
            raise RuntimeError("The handler called sys.exit()") from error
    context = contextvars.copy_context()
    running = asyncio.get_running_loop().run_in_executor(threads, context.run, _outcome, handler, argument)
    try:
        value, raised = await asyncio.shield(running)
    except asyncio.CancelledError:
        # The function goes on until it notices. Only then its turn ends, and the receiver may close.
        await asyncio.wait([running])
        raise
    if raised is None:
        return value
    # These would confuse the event loop instead of passing through it.
    if isinstance(raised, StopIteration) or not isinstance(raised, Exception):
        raise RuntimeError(f"The handler raised {type(raised).__name__}") from raised
    raise raised


def _outcome(handler: Callable[[Any], object], argument: object) -> tuple[object, BaseException | None]:
    try:
        return handler(argument), None
    except BaseException as error:
        return None, error


class Together:
    """Calls a handler of groups once for the tasks of one request."""

    def __init__(self, handler: Callable[[Any], object], threads: Executor) -> None:
        self._handler = handler
        self._threads = threads
        self._works: list[Work] = []
        self._run: asyncio.Future[object] | None = None

    async def __call__(self, work: Work) -> object:
        self._works.append(work)
        if self._run is None:
            self._run = asyncio.ensure_future(self._call())
        # A task that is canceled must not end the run of the others. What it returns is no result of one task.
        await asyncio.shield(self._run)
        return None

    async def _call(self) -> object:
        # Later than all tasks of the request begin.
        await asyncio.sleep(0)
        kind = AsyncJob if is_async(self._handler) else Job
        return await call(self._handler, [kind(work) for work in self._works], self._threads)
