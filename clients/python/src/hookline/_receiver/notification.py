"""A notification, as its handler sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .call import Call

if TYPE_CHECKING:
    from ..types import Context, Json


@dataclass(frozen=True)
class Notification:
    """A notification about the end of a task or a batch."""

    event: Literal["success", "failure", "complete"]
    """How the task ended; `complete` for a batch."""
    key: str
    """Idempotency key."""
    batch_id: str
    task_id: str | None
    """None for a batch."""
    attempt: int | None
    """The last attempt at the task; None for a batch."""
    body: Json
    context: Context | None
    """The task, its result and those of its parents, if the action has `context: true`."""
    query: list[tuple[str, str]]
    headers: Mapping[str, str] = field(repr=False)


def notification(call: Call) -> Notification:
    """Returns the notification that a call is."""
    event: Any = call.event
    attempt = call.handle.attempt if call.handle else None
    return Notification(
        event, call.key, call.batch_id, call.task_id, attempt, call.body, call.context, call.query, call.headers
    )
