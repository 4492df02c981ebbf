"""Requests about tasks."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

from .compat import Unpack
from .created import Created, create, new_key
from .graph import Graph
from .operation import iteration, operation
from .pages import all_pages
from .session import Session, part
from .times import Time, iso

if TYPE_CHECKING:
    from ..types import (
        Attempt,
        BatchRequest,
        BulkIncrement,
        BulkReport,
        BulkResult,
        BulkResults,
        ListedTask,
        Report,
        Rerun,
        Task,
        TaskFilter,
        TaskRequest,
        Why,
    )


class Tasks:
    """Methods about tasks."""

    _session: Session

    @operation
    async def create(
        self, graph: Graph | BatchRequest | Sequence[TaskRequest], *, idempotency_key: str | None = None
    ) -> Created:
        """
        Creates all tasks of a graph, or none. The request is retried under one idempotency key. Pass a key of your own
        to make the call safe to repeat as well: the same key with the same graph returns the first result again.
        """
        return await create(self._session, "/task", graph, idempotency_key)

    @operation
    async def task(self, id: str) -> Task:
        """Returns a task."""
        return await self._session.json("GET", _path(id))

    @operation
    async def tasks(self, **filter: Unpack[TaskFilter]) -> list[ListedTask]:
        """Returns a page of tasks, newest first."""
        return await self._session.json("GET", "/task", query=filter)

    @iteration
    async def iter_tasks(self, **filter: Unpack[TaskFilter]) -> AsyncGenerator[ListedTask, None]:
        """Iterates over the tasks of all pages, newest first."""
        async for task in all_pages(self._session, "/task", filter, _id):
            yield task

    @operation
    async def why(self, id: str) -> Why:
        """Explains why a task is not running."""
        return await self._session.json("GET", f"{_path(id)}/why")

    @operation
    async def attempts(self, id: str) -> list[Attempt]:
        """Returns the attempts at a task, newest first, with the current one."""
        return await self._session.json("GET", f"{_path(id)}/attempts")

    @operation
    async def reschedule(self, id: str, run_at: Time | None) -> None:
        """Moves the start of a task that has not started, or of its next attempt; None means now."""
        await self._session.json("PATCH", _path(id), body={"run_at": None if run_at is None else iso(run_at)})

    @operation
    async def cancel(self, id: str) -> None:
        """Cancels a task; tasks that require its success fail."""
        await self._session.json("DELETE", _path(id))

    @operation
    async def pause(self, id: str) -> None:
        """Pauses a task."""
        await self._session.json("PATCH", f"/task/pause/{part('id', id)}")

    @operation
    async def resume(self, id: str) -> None:
        """Resumes a paused task."""
        await self._session.json("PATCH", f"/task/resume/{part('id', id)}")

    @operation
    async def rerun_task(self, id: str, *, downstream: bool = False, idempotency_key: str | None = None) -> Rerun:
        """
        Runs a task again that has ended, with its unsuccessful descendants. With `downstream`, all descendants run
        again.
        """
        return await rerun(self._session, _path(id), {"downstream": downstream}, idempotency_key)

    @operation
    async def report(self, id: str, report: Report, *, attempt: int | None = None) -> None:
        """
        Reports a result, progress or a sign of life, on the first attempt unless another is given. Receivers report to
        their handle instead, without a token.
        """
        await self._session.json("PATCH", _path(id), query={"attempt": attempt}, body=report)

    @operation
    async def reports(self, reports: Sequence[BulkReport]) -> list[BulkResult]:
        """Reports on up to 10,000 tasks. Each report has its own outcome, in the order of the reports."""
        results: BulkResults = await self._session.json("PATCH", "/task", body=reports)
        return results["results"]

    @operation
    async def count(self, increments: Sequence[BulkIncrement]) -> list[BulkResult]:
        """
        Adds to the counters of up to 10,000 tasks. Each increment has its own outcome, in the order of the increments.
        """
        results: BulkResults = await self._session.json("PUT", "/task", body=increments)
        return results["results"]


async def rerun(session: Session, path: str, body: dict[str, Any], key: str | None) -> Rerun:
    """Reruns what is at this path. One key serves all tries of a call, so that none reruns twice."""
    response = await session.send("POST", f"{path}/rerun", body=body, key=new_key() if key is None else key)
    rerun: Rerun = response.json()
    return rerun


def _path(id: str) -> str:
    return f"/task/{part('id', id)}"


def _id(task: ListedTask) -> str:
    return task["id"]
