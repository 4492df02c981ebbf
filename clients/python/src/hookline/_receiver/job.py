"""A task accepted by a receiver, as its handler sees it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._client.created import Created
from .._client.graph import Graph
from .work import Work

if TYPE_CHECKING:
    from ..types import Context, Json


class _Job:
    def __init__(self, work: Work) -> None:
        self._work = work
        call, handle = work.call, work.handle
        self.task_id: str = handle.task_id
        self.batch_id: str = call.batch_id
        self.attempt: int = handle.attempt
        """Number of this attempt at the task, from 1; later ones follow failures and reruns."""
        self.key: str = call.key
        """Idempotency key of the start call."""
        self.body: Json = call.body
        """Body of the `on_start` action: JSON, or text if its content type is not JSON; None without a body."""
        self.context: Context | None = call.context
        """The task and the results of its parents, if the `on_start` action has `context: true`."""
        self.query: list[tuple[str, str]] = call.query
        """Query of the action's URL, as pairs of name and value."""
        self.headers: Mapping[str, str] = call.headers
        """Headers of the call; names are in lower case."""
        self.handle: str = handle.url
        """URL for reports on this attempt, to be used as it is. Anyone who knows it can report on this task."""
        self.canceled: threading.Event = work.canceled
        """Set when the task was canceled, or this attempt has ended otherwise, so that the result is not needed."""

    def progress(self, success: int = 1, failures: int = 0) -> None:
        """
        Reports items done and failed since the last call, which is a sign of life as well. Calls in quick succession
        are sent as one. It returns at once and never fails for want of a service.

        :raises ValueError: if a count is not an integer from 0 to 2147483647.
        """
        self._work.progress(success, failures)

    def result(self, value: Json) -> None:
        """
        Sets the result, which is stored when the attempt ends, in whatever way; the last one counts. Children can read
        it.

        :raises TypeError: if the value is not JSON.
        :raises ValueError: if its JSON exceeds 64 KiB, or contains something that the service does not store.
        """
        self._work.result(value)

    def succeed(self, *, success: int = 0, failures: int = 0) -> None:
        """
        Ends the task with success, like a return from the handler; only the first end counts. Adds to the counters.
        """
        self._work.succeed(success, failures)

    def fail(self, reason: object, *, success: int = 0, failures: int = 0) -> None:
        """
        Fails the attempt, like an exception in the handler; only the first end counts. The task ends if it has no
        attempts left, or the reason is a `NonRetryable`. A `RetryAfter` sets the pause before the next attempt.
        """
        self._work.fail(reason, success, failures)


class Job(_Job):
    """A task for a handler that is a function. It runs in a thread of its own, so it may block."""

    def add_tasks(self, graph: Graph, *, idempotency_key: str | None = None) -> Created:
        """
        Adds tasks to the batch of this task. They may depend on existing tasks of it by id, also on this one, and let
        existing ones wait for them. Repeated while the service is unavailable, without adding anything twice. Without a
        key such as the task's id, a later call or attempt adds tasks of its own.

        :raises HooklineError: if the service refuses.
        :raises concurrent.futures.CancelledError: if the task is canceled meanwhile.
        """
        return self._work.add_tasks_from_thread(graph, idempotency_key)


class AsyncJob(_Job):
    """A task for a handler that is a coroutine. It runs on the event loop of the server, so it must not block."""

    async def add_tasks(self, graph: Graph, *, idempotency_key: str | None = None) -> Created:
        """
        Adds tasks to the batch of this task. They may depend on existing tasks of it by id, also on this one, and let
        existing ones wait for them. Repeated while the service is unavailable, without adding anything twice. Without a
        key such as the task's id, a later call or attempt adds tasks of its own.

        :raises HooklineError: if the service refuses.
        """
        return await self._work.add_tasks(graph, idempotency_key)
