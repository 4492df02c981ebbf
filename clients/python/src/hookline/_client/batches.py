"""Requests about batches."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from .compat import Unpack
from .created import Created, add_tasks
from .events import LiveEvent, live_events
from .graph import Graph
from .operation import iteration, operation
from .pages import all_pages
from .results import results
from .session import Session, part
from .tasks import rerun
from .wait import until_ended

if TYPE_CHECKING:
    from ..types import BatchFilter, BatchStats, BatchSummary, Dag, Json, Rerun, Rule, RulesUpdated, Stopped


class Batches:
    """Methods about batches."""

    _session: Session

    @operation
    async def add_tasks(self, batch_id: str, graph: Graph, *, idempotency_key: str | None = None) -> Created:
        """
        Adds the tasks of a graph to a batch, or none. They may depend on existing tasks of it by id, and let existing
        ones wait for them with `required_by` and `before`. Receivers use `job.add_tasks()` instead, without a token.
        """
        return await add_tasks(self._session, batch_id, graph, idempotency_key)

    @operation
    async def batch(self, id: str) -> BatchStats:
        """Returns the statistics of a batch."""
        return await self._session.json("GET", _path(id))

    @operation
    async def batches(self, **filter: Unpack[BatchFilter]) -> list[BatchSummary]:
        """Returns a page of batches, newest first."""
        return await self._session.json("GET", "/batches", query=filter)

    @iteration
    async def iter_batches(self, **filter: Unpack[BatchFilter]) -> AsyncGenerator[BatchSummary, None]:
        """Iterates over the batches of all pages, newest first."""
        async for batch in all_pages(self._session, "/batches", filter, _id):
            yield batch

    @operation
    async def dag(self, batch_id: str) -> Dag:
        """Returns the graph of a batch: tasks and links."""
        return await self._session.json("GET", f"/dag/{part('batch_id', batch_id)}")

    @operation
    async def stop(self, batch_id: str) -> Stopped:
        """Stops a batch: cancels its tasks that have not ended."""
        return await self._session.json("DELETE", _path(batch_id))

    @operation
    async def update_rules(self, batch_id: str, kind: str, rules: Sequence[Rule]) -> RulesUpdated:
        """Replaces the rules of all tasks of one kind in a batch that have not ended; an empty list removes them."""
        body = {"kind": kind, "rules": rules}
        return await self._session.json("PATCH", f"{_path(batch_id)}/rules", body=body)

    @operation
    async def rerun(
        self,
        batch_id: str,
        *,
        task_ids: Sequence[str] | None = None,
        downstream: bool = False,
        idempotency_key: str | None = None,
    ) -> Rerun:
        """
        Runs the failed and canceled tasks of a batch again, as their next attempts; with `task_ids`, only these and
        their unsuccessful descendants. With `downstream`, what succeeded runs again as well.
        """
        body: dict[str, Any] = {"downstream": downstream}
        if task_ids is not None:
            body["task_ids"] = task_ids
        return await rerun(self._session, _path(batch_id), body, idempotency_key)

    @iteration
    async def events(self, batch_id: str, *, last_event_id: str | None = None) -> AsyncGenerator[LiveEvent, None]:
        """
        Iterates over the changes of a batch's tasks, as server-sent events. A broken stream is resumed where it ended.
        The iteration ends when the caller leaves it. With the `id` of the last event received, the changes since then
        come first.
        """
        async with aclosing(live_events(self._session, batch_id, last_event_id)) as events:
            async for event in events:
                yield event

    @operation
    async def wait_for_batch(
        self,
        id: str,
        *,
        timeout: float | None = None,
        on_progress: Callable[[BatchStats], object] | None = None,
    ) -> BatchStats:
        """
        Waits until all tasks of a batch have ended, and returns its statistics; `status_counts` has the results. It
        follows the event stream, or polls every second without one, and waits while the service is unavailable.
        `on_progress` is called with the first statistics, and whenever they change.

        :raises TimeoutError: after `timeout` seconds.
        :raises HooklineError: with 404 if the batch has no tasks, for instance because all of them were duplicates.
        """
        return await until_ended(self._session, id, timeout, on_progress)

    @operation
    async def results(self, batch_id: str) -> dict[str, Json]:
        """
        Returns the results of the tasks of a batch that have one, by local id; by id if an older task has the same
        local id. It reads each task that has ended.
        """
        return await results(self._session, batch_id)


def _path(id: str) -> str:
    return f"/batch/{part('id', id)}"


def _id(batch: BatchSummary) -> str:
    return batch["batch_id"]
