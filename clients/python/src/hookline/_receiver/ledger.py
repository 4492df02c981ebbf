"""Repeated calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_MAX_DONE = 10_000
"""Number of completed calls whose keys are remembered."""

Answer = dict[str, Any]


@dataclass(frozen=True)
class Handled:
    """The result of a call."""

    answer: asyncio.Future[Answer]
    """If it fails, the call can be repeated."""
    done: asyncio.Future[None]
    """Ends when the call is completed."""


class Ledger:
    """
    Handles each call once: a repeated key gets the answer of the first call. It remembers all calls in progress, and
    the latest completed ones.
    """

    def __init__(self) -> None:
        self._in_progress: dict[str, asyncio.Future[Answer]] = {}
        self._done: dict[str, asyncio.Future[Answer]] = {}

    async def once(self, key: str, handle: Callable[[], Handled]) -> Answer:
        """Returns the answer to the first call with this key; `handle` is called for a new one."""
        answer = self._in_progress.get(key) or self._done.get(key)
        if answer is None:
            handled = handle()
            answer = self._in_progress[key] = handled.answer
            handled.done.add_done_callback(lambda _: self._complete(key, handled.answer))
        # A caller that disconnects must not cancel it.
        return await asyncio.shield(answer)

    def _complete(self, key: str, answer: asyncio.Future[Answer]) -> None:
        del self._in_progress[key]
        if not answer.done() or answer.cancelled() or answer.exception() is not None:
            return
        self._done[key] = answer
        if len(self._done) > _MAX_DONE:
            del self._done[next(iter(self._done))]
