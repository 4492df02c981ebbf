"""Results of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .session import Session, part

if TYPE_CHECKING:
    from ..types import Dag, Json, Task

_ENDED = ("Success", "Failure", "Canceled")


async def results(session: Session, batch_id: str) -> dict[str, Json]:
    """Returns the results of the tasks of a batch that have one, in order of creation."""
    dag: Dag = await session.json("GET", f"/dag/{part('batch_id', batch_id)}")
    found: dict[str, Json] = {}
    for light in dag["tasks"]:
        if light["status"] not in _ENDED:
            continue
        task: Task = await session.json("GET", f"/task/{light['id']}")
        if task["result"] is not None:
            local_id = task["local_id"]
            found[task["id"] if local_id is None or local_id in found else local_id] = task["result"]
    return found
