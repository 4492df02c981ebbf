"""Reports on one attempt."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from .._client.backoff import pause_before
from .._client.errors import HooklineError
from .._client.transport import Transport
from .coalescer import Coalescer, Method
from .handle import Handle

T = TypeVar("T")

RESULT_PATIENCE_SECS = 15 * 60.0
"""Longer than any restart or the loss of a machine: a lost result means that the work is done again."""
_PROGRESS_PATIENCE_SECS = 10.0
"""Progress that fails is added to the next report."""
_TRANSIENT = ("Waiting", "Pending", "Paused")
"""Statuses of a started task whose claim was lost with its worker; it will accept reports again."""


class Reporter:
    """Reports on an attempt. Methods return whether the report was accepted; if not, the attempt is over."""

    def __init__(self, handle: Handle, coalescer: Coalescer) -> None:
        self._handle = handle
        self._coalescer = coalescer

    async def end(self, result: Mapping[str, Any]) -> bool:
        """
        Reports the result until the service has it. If an answer is lost, the next one says that the attempt is over.
        """
        return await self._send("PATCH", result, RESULT_PATIENCE_SECS)

    async def count(self, increment: Mapping[str, Any]) -> bool:
        """Reports progress. If an answer is lost, the progress is counted twice."""
        return await self._send("PUT", increment, _PROGRESS_PATIENCE_SECS)

    async def beat(self) -> bool:
        """Sends a sign of life, without retries: the next one follows anyway."""
        return await self._send("PATCH", {}, 0)

    async def _send(self, method: Method, report: Mapping[str, Any], patience_secs: float) -> bool:
        transport = self._coalescer.transport
        try:
            await persist(
                lambda: self._coalescer.send(method, self._handle, report), transport, patience_secs, is_worth_a_retry
            )
        except HooklineError as error:
            if is_over(error):
                return False
            raise
        return True


async def persist(
    request: Callable[[], Awaitable[T]],
    transport: Transport,
    patience_secs: float,
    is_temporary: Callable[[HooklineError], bool] = lambda error: error.is_temporary,
) -> T:
    """Repeats a request until the service accepts or refuses it, with growing pauses; raises the last error."""
    deadline = time.monotonic() + patience_secs
    retry = 0
    while True:
        try:
            return await request()
        except HooklineError as error:
            pause = pause_before(retry, error)
            if not is_temporary(error) or time.monotonic() + pause > deadline:
                raise
        await transport.sleep(pause)
        retry += 1


def _is_requeued(error: HooklineError) -> bool:
    return error.status == 404 and error.current_status in _TRANSIENT


def is_over(error: HooklineError) -> bool:
    """Whether the answer to a report says that the attempt has ended, or that there is no such task."""
    return error.status == 409 or (error.status == 404 and not _is_requeued(error))


def is_worth_a_retry(error: HooklineError) -> bool:
    """Whether the same report may be accepted later."""
    return not is_over(error) and (error.is_temporary or _is_requeued(error))
