"""What receivers get, as JSON has it."""

from __future__ import annotations

from .._client.compat import NotRequired, TypedDict
from .values import Json, TaskStatus


class ContextTask(TypedDict):
    """The task that a call is about."""

    id: str
    local_id: str | None
    batch_id: str
    name: str
    kind: str
    attempt: int
    metadata: Json
    result: NotRequired[Json]
    result_omitted: NotRequired[bool]


class Parent(TypedDict):
    """A parent of the task, which has ended; `result_omitted`: the results exceeded 1 MiB."""

    id: str
    name: str
    kind: str
    status: TaskStatus
    failure_reason: str | None
    result: Json
    result_omitted: NotRequired[bool]


class Context(TypedDict):
    """A task and its parents by local id, if the action has `context`."""

    task: ContextTask
    parents: dict[str, Parent]
