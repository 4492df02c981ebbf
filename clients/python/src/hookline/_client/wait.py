"""Waiting for a batch."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from .errors import HooklineError
from .events import SILENCE_SECS, pieces
from .session import Session, part

if TYPE_CHECKING:
    from ..types import BatchStats

_POLL_SECS = 1.0
"""Interval of reads without an event stream."""
_EVENTS_PAUSE_SECS = 0.1
"""Shortest interval of reads with an event stream."""


async def until_ended(
    session: Session, batch_id: str, timeout: float | None, on_progress: Callable[[BatchStats], object] | None
) -> BatchStats:
    """Only the statistics decide; events just say that it is time to read them, so a lost event does no harm."""
    deadline = None if timeout is None else time.monotonic() + timeout
    shown: BatchStats | None = None
    async with aclosing(_signs(session, batch_id, deadline)) as signs:
        async for _ in signs:
            stats = await _stats(session, batch_id)
            if stats is None:
                continue
            if on_progress and stats != shown:
                on_progress(stats)
            shown = stats
            counts = stats["status_counts"]
            if counts["success"] + counts["failure"] + counts["canceled"] == stats["total_tasks"]:
                return stats
    raise TimeoutError(f"The batch {batch_id} has not ended within {timeout} seconds")


async def _stats(session: Session, batch_id: str) -> BatchStats | None:
    """Returns None while the service is unavailable."""
    try:
        return await session.json("GET", f"/batch/{part('batch_id', batch_id)}")
    except HooklineError as error:
        if error.is_temporary:
            return None
        raise


async def _signs(session: Session, batch_id: str, deadline: float | None) -> AsyncGenerator[None, None]:
    """Yields at once and whenever the batch may have changed; ends at the deadline."""
    yield
    while True:
        # A stream may be silent for as long as this. Near the deadline, only polls end in time.
        if _left(deadline) > SILENCE_SECS:
            try:
                async with aclosing(pieces(session, batch_id)) as stream:
                    async for _ in stream:
                        yield
                        if _left(deadline) <= SILENCE_SECS:
                            break
                        await session.transport.sleep(_EVENTS_PAUSE_SECS)
            except HooklineError:
                # An error that matters also fails the read of the statistics.
                pass
        left = _left(deadline)
        if left <= 0:
            return
        await session.transport.sleep(min(_POLL_SECS, left))
        yield


def _left(deadline: float | None) -> float:
    return float("inf") if deadline is None else deadline - time.monotonic()
