"""Requests about schedules."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Any

from .compat import Unpack
from .graph import Graph
from .operation import iteration, operation
from .pages import all_pages
from .session import Session, part
from .times import iso

if TYPE_CHECKING:
    from ..types import (
        BatchRequest,
        Firing,
        Schedule,
        ScheduleFilter,
        ScheduleOptions,
        ScheduleSummary,
        TaskRequest,
    )


class Schedules:
    """Methods about schedules."""

    _session: Session

    @operation
    async def schedule(
        self,
        name: str,
        *,
        cron: str,
        batch: Graph | BatchRequest | Sequence[TaskRequest],
        **options: Unpack[ScheduleOptions],
    ) -> Schedule:
        """Creates a schedule, or replaces its settings; those that are left out get their defaults."""
        body: dict[str, Any] = {**options, "cron": cron}
        body["batch"] = batch.to_json() if isinstance(batch, Graph) else batch
        for time in ("starts_at", "ends_at"):
            if body.get(time) is not None:
                body[time] = iso(body[time])
        return await self._session.json("PUT", _path(name), body=body)

    @operation
    async def read_schedule(self, name: str) -> Schedule:
        """Returns a schedule, with its next due times and its last firings."""
        return await self._session.json("GET", _path(name))

    @operation
    async def schedules(self, **filter: Unpack[ScheduleFilter]) -> list[ScheduleSummary]:
        """Returns a page of schedules, by default by name."""
        return await self._session.json("GET", "/schedule", query=filter)

    @iteration
    async def iter_schedules(self, **filter: Unpack[ScheduleFilter]) -> AsyncGenerator[ScheduleSummary, None]:
        """Iterates over the schedules of all pages, by default by name."""
        async for schedule in all_pages(self._session, "/schedule", filter, _name):
            yield schedule

    @operation
    async def delete_schedule(self, name: str) -> None:
        """Removes a schedule and the records of its firings; its batches stay."""
        await self._session.json("DELETE", _path(name))

    @operation
    async def run_schedule(self, name: str) -> Firing:
        """Fires a schedule now, also while it is paused."""
        return await self._session.json("POST", f"{_path(name)}/run")

    @operation
    async def pause_schedule(self, name: str) -> Schedule:
        """Pauses a schedule: nothing is due until it is resumed."""
        return await self._session.json("POST", f"{_path(name)}/pause")

    @operation
    async def resume_schedule(self, name: str) -> Schedule:
        """Resumes a schedule with the next due time from now."""
        return await self._session.json("POST", f"{_path(name)}/resume")


def _path(name: str) -> str:
    return f"/schedule/{part('name', name)}"


def _name(schedule: ScheduleSummary) -> str:
    return schedule["name"]
