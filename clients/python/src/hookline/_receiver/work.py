"""An attempt at a task, from its start call to its end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import re
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from .._client.created import Created, add_tasks, new_key
from .._client.errors import HooklineError
from .._client.graph import Graph
from .._client.session import Session, encode
from .call import Call
from .coalescer import Coalescer
from .counts import Counts
from .failures import failure, reason_of
from .handle import Handle
from .reporter import RESULT_PATIENCE_SECS, Reporter, persist

if TYPE_CHECKING:
    from ..types import Json, Report

log = logging.getLogger("hookline")

_MAX_RESULT_BYTES = 64 * 1024
"""Limit of the service for the result of a task."""
_MAX_DEPTH = 60
"""Below the limit of the service for a whole request, 64."""
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Work:
    """An attempt at a task. Handlers call it from threads as well; everything else belongs to the event loop."""

    def __init__(self, call: Call, handle: Handle, coalescer: Coalescer) -> None:
        self.call = call
        self.handle = handle
        self.canceled = threading.Event()
        self.concluded = asyncio.Event()
        """Set when there is a result, or it is no longer needed."""
        self._loop = asyncio.get_running_loop()
        self._coalescer = coalescer
        self._reporter = Reporter(handle, coalescer)
        self._lock = threading.Lock()
        self._counts = Counts()
        self._has_counted = False
        self._counting: asyncio.Task[None] | None = None
        self._end: Report | None = None
        self._value: Report = {}
        self._task: asyncio.Future[object] | None = None
        self._requests: set[concurrent.futures.Future[Created]] = set()

    # For handlers

    def progress(self, success: int, failures: int) -> None:
        self._counts.add(success, failures)
        self._has_counted = True
        self._loop.call_soon_threadsafe(self._count_soon)

    def result(self, value: Json) -> None:
        if _is_deeper(value, _MAX_DEPTH):
            raise ValueError(f"A result must not be nested deeper than {_MAX_DEPTH} levels")
        content = encode(value)
        if len(content) > _MAX_RESULT_BYTES:
            raise ValueError("A result must not exceed 64 KiB of JSON")
        if _NUL.search(content):
            raise ValueError("A result must not contain U+0000")
        self._value = {"result": value}

    def succeed(self, success: int, failures: int) -> None:
        self._finish({"status": "Success"}, success, failures)

    def fail(self, reason: object, success: int, failures: int) -> None:
        self._finish(failure(reason), success, failures)

    async def add_tasks(self, graph: Graph, key: str | None) -> Created:
        transport = self._coalescer.transport
        session = Session(transport, self.handle.service, token=self.handle.token)
        one_key = new_key() if key is None else key
        return await persist(
            lambda: add_tasks(session, self.call.batch_id, graph, one_key), transport, RESULT_PATIENCE_SECS
        )

    def add_tasks_from_thread(self, graph: Graph, key: str | None) -> Created:
        request = asyncio.run_coroutine_threadsafe(self.add_tasks(graph, key), self._loop)
        self._requests.add(request)
        try:
            if self.canceled.is_set():
                request.cancel()
            return request.result()
        finally:
            self._requests.discard(request)

    # For the event loop

    async def run(self, handler: Run) -> None:
        """Runs the handler to its end, and ends the attempt by what it returns or raises."""
        self._task = asyncio.ensure_future(handler(self))
        await asyncio.wait([self._task])
        if self._task.cancelled():
            # Not by `cancel`, then: what the handler awaited was canceled.
            self.fail("The handler was canceled", 0, 0)
        elif error := self._task.exception():
            if self._end and not self.canceled.is_set():
                log.error("%s: the handler failed after the end of its work", self.call.key, exc_info=error)
            self.fail(error, 0, 0)
        else:
            self._return(self._task.result())

    def cancel(self) -> None:
        """Ends the work: the result is no longer needed."""
        if self.canceled.is_set() or (self._task and self._task.done()):
            return
        self.canceled.set()
        if self._task:
            self._task.cancel()
        for request in list(self._requests):
            request.cancel()
        self.concluded.set()

    async def live(self, heartbeat_secs: float) -> None:
        """Sends signs of life until it is canceled."""
        while True:
            await asyncio.sleep(heartbeat_secs)
            try:
                if not await self._reporter.beat():
                    self.cancel()
            except HooklineError as error:
                log.warning("%s: a sign of life was not accepted: %s", self.call.key, error)

    def result_at_once(self, max_bytes: int) -> Report | None:
        """
        Returns the result for the answer to the start call, if there is one already that fits. Returns None if progress
        is being reported, as it may fail and then belongs to the result.
        """
        if not self._end or self._has_counted or len(encode(self._end)) > max_bytes:
            return None
        return {**self._end, **self._counts.take()}

    async def report(self) -> None:
        """Reports the result when there is one."""
        await self.concluded.wait()
        if self._counting:
            await self._counting
        if not self._end or self.canceled.is_set():
            return
        try:
            await self._reporter.end({**self._end, **self._counts.take()})
        except HooklineError as error:
            log.error("%s: the result was not accepted: %s", self.call.key, error)
            if not error.is_temporary:
                await self._report_refusal(error)

    async def _report_refusal(self, error: HooklineError) -> None:
        """A result that the service does not take must not leave the task running until its timeout."""
        try:
            await self._reporter.end(failure(f"Hookline refused the result: {reason_of(error)[:1000]}"))
        except HooklineError:
            log.error("%s: the attempt will end by its timeout", self.call.key)

    def _return(self, value: object) -> None:
        try:
            if value is not None and not self._end:
                self.result(value)
        except Exception as error:
            self.fail(error, 0, 0)
        else:
            self.succeed(0, 0)

    def _finish(self, end: Report, success: int, failures: int) -> None:
        with self._lock:
            if self._end or self.canceled.is_set():
                return
            self._counts.add(success, failures)
            self._end = {**end, **self._value}
        self._loop.call_soon_threadsafe(self.concluded.set)

    def _count_soon(self) -> None:
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())

    async def _count(self) -> None:
        # After the end, progress is reported with the result.
        while not self._end and not self.canceled.is_set() and (counts := self._counts.take()):
            try:
                if not await self._reporter.count(counts):
                    self.cancel()
            except HooklineError as error:
                self._counts.give_back(counts)
                log.warning("%s: progress is left to the next report: %s", self.call.key, error)
                return


def _is_deeper(value: Json, levels: int) -> bool:
    if not isinstance(value, (dict, list, tuple)):
        return False
    children = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(child, levels - 1) for child in children)


Run = Callable[[Work], Awaitable[object]]
"""Runs the handler of an attempt."""
