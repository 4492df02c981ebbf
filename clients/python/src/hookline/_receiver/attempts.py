"""The attempts at tasks that run here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from .._client.graph import webhook
from .call import Call, NotACall
from .coalescer import Coalescer
from .handle import Handle
from .ledger import Answer, Handled
from .work import Run, Work

_AT_ONCE_SECS = 0.02
"""Time that the answer to a start call waits for the result, which then needs no report. The service waits 10 s."""
_AT_ONCE_BYTES = 32 * 1024
"""
Results that are larger are reported: the service reads 64 KiB of the answer for each call, at most 2 MiB for a group.
"""
_AT_ONCE_GROUP_BYTES = 1024
_MAX_GROUP_SIZE = 1000


class Attempts:
    """The attempts at tasks that run here."""

    def __init__(self, coalescer: Coalescer, heartbeat_secs: float | None) -> None:
        self._coalescer = coalescer
        self._heartbeat_secs = heartbeat_secs
        self._works: dict[str, set[Work]] = {}

    def begin(self, call: Call, handle: Handle, handler: Run, is_group: bool) -> Handled:
        """
        Begins an attempt; earlier ones at the same task are stopped.

        :raises NotACall: if a later one is running.
        """
        self._supersede(handle)
        work = Work(call, handle, self._coalescer)
        self._works.setdefault(handle.task_id, set()).add(work)
        answer = asyncio.ensure_future(_answer(work, is_group))
        return Handled(answer, asyncio.ensure_future(self._live(work, handler, answer)))

    def cancel(self, handle: Handle) -> None:
        """Stops the attempt, and earlier ones, but none that has begun since."""
        for work in self._on(handle):
            if work.handle.attempt <= handle.attempt:
                work.cancel()

    async def _live(self, work: Work, handler: Run, answer: asyncio.Future[Answer]) -> None:
        heart = asyncio.ensure_future(work.live(self._heartbeat_secs)) if self._heartbeat_secs else None
        try:
            running = asyncio.ensure_future(work.run(handler))
            if "status" not in await asyncio.shield(answer):
                await work.concluded.wait()
                if heart:
                    heart.cancel()
                await work.report()
            await running
        finally:
            if heart:
                heart.cancel()
            self._remove(work)

    def _supersede(self, handle: Handle) -> None:
        """Stops earlier attempts at the task, which may not know yet that they are over."""
        others = self._on(handle)
        if any(other.handle.attempt > handle.attempt for other in others):
            raise NotACall(409, "A later attempt is running")
        for other in others:
            other.cancel()

    def _on(self, handle: Handle) -> list[Work]:
        return list(self._works.get(handle.task_id, ()))

    def _remove(self, work: Work) -> None:
        works = self._works[work.handle.task_id]
        works.discard(work)
        if not works:
            del self._works[work.handle.task_id]


async def _answer(work: Work, is_group: bool) -> Answer:
    """Returns the result, if there is one soon, or the action that cancels the task."""
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(work.concluded.wait(), _AT_ONCE_SECS)
    result: Any = work.result_at_once(_AT_ONCE_GROUP_BYTES if is_group else _AT_ONCE_BYTES)
    return result or _cancel_action(work.call, is_group)


def _cancel_action(call: Call, is_group: bool) -> Answer:
    """Cancel calls go to the address of the start call; the key tells them apart. Those of a group come as a group."""
    if call.address is None:
        return {}
    action: Any = webhook(call.address, group={"max_size": _MAX_GROUP_SIZE} if is_group else None)
    answer: Answer = action
    return answer
