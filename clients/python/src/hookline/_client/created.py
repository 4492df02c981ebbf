"""Creation of tasks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from .graph import Graph
from .session import Session, part

if TYPE_CHECKING:
    from ..types import BatchRequest, TaskRequest, TaskSummary


@dataclass(frozen=True)
class Created:
    """Result of creating a graph, or of adding one to a batch."""

    batch_id: str
    """Id of the batch. If all tasks were duplicates, a new batch has no tasks."""
    tasks: list[TaskSummary]
    """The new tasks, in the order of the request."""
    ids: dict[str, str]
    """The ids of the new tasks by local id. A duplicate that was not created has none."""


async def create(
    session: Session, path: str, graph: Graph | BatchRequest | Sequence[TaskRequest], key: str | None
) -> Created:
    """Creates tasks at this path. One key serves all tries of a call, so that none creates tasks twice."""
    body = graph.to_json() if isinstance(graph, Graph) else graph
    response = await session.send("POST", path, body=body, key=new_key() if key is None else key)
    tasks: list[TaskSummary] = json.loads(response.content or b"[]")
    ids = {task["local_id"] or task["id"]: task["id"] for task in tasks}
    return Created(response.headers["x-batch-id"], tasks, ids)


async def add_tasks(session: Session, batch_id: str, graph: Graph, key: str | None) -> Created:
    """Adds the tasks of a graph to a batch."""
    return await create(session, f"/batch/{part('batch_id', batch_id)}/task", graph, key)


def new_key() -> str:
    """Returns an idempotency key that nobody has used."""
    return str(uuid4())
