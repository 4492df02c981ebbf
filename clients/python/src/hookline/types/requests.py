"""What requests consist of, as JSON has it. The API document describes each field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .._client.compat import NotRequired, TypedDict
from .._client.times import Time
from .values import Json, TaskStatus, Verb


class WebhookParams(TypedDict):
    """The request of an action."""

    url: str
    verb: Verb
    body: NotRequired[Json]
    headers: NotRequired[dict[str, str]]


class Group(TypedDict):
    """Allows calls to share requests."""

    max_size: int


class Action(TypedDict):
    """A webhook of a task or batch."""

    kind: Literal["Webhook"]
    params: WebhookParams
    group: NotRequired[Group]
    context: NotRequired[bool]


class RetryPolicy(TypedDict):
    """When a failed attempt is followed by another."""

    max_attempts: int
    delay_secs: NotRequired[int]
    factor: NotRequired[float]
    max_delay_secs: NotRequired[int]
    jitter: NotRequired[float]
    on: NotRequired[list[Literal["start", "timeout", "failure"]]]


class Matcher(TypedDict):
    """Which tasks count."""

    kind: str
    status: TaskStatus
    fields: list[str]


class Rule(TypedDict):
    """A limit on what runs beside a task."""

    type: Literal["Concurrency", "Capacity"]
    max_concurrency: NotRequired[int]
    max_capacity: NotRequired[int]
    matcher: Matcher


class Link(TypedDict):
    """A task that another one depends on, or that waits for it."""

    id: str
    requires_success: bool


class TaskRequest(TypedDict):
    """A task to create, or to add to a batch."""

    id: str
    name: str
    kind: str
    timeout: NotRequired[int]
    retry: NotRequired[RetryPolicy]
    run_at: NotRequired[str]
    delay_secs: NotRequired[int]
    metadata: NotRequired[Json]
    on_start: Action
    on_success: NotRequired[list[Action]]
    on_failure: NotRequired[list[Action]]
    dependencies: NotRequired[list[Link]]
    before: NotRequired[list[Link]]
    expected_count: NotRequired[int]
    priority: NotRequired[int]
    dead_end_barrier: NotRequired[bool]
    rules: NotRequired[list[Rule]]
    dedupe_strategy: NotRequired[list[Matcher]]


class BatchOptions(TypedDict, total=False):
    """Settings of a batch."""

    scope: str
    metadata: Json
    on_batch_complete: list[Action]


class BatchRequest(BatchOptions):
    """A batch to create."""

    tasks: list[TaskRequest]


class Increment(TypedDict, total=False):
    """Items done and failed since the last report."""

    new_success: int
    new_failures: int


class Report(Increment, total=False):
    """A result, progress or a sign of life."""

    status: Literal["Success", "Failure"]
    failure_reason: str
    result: Json
    retry: bool
    retry_after_secs: int
    expected_count: int
    priority: int
    metadata: Json


class BulkIncrement(Increment):
    """An increment for one task of many."""

    id: str
    attempt: NotRequired[int]
    token: NotRequired[str]


class BulkReport(Report):
    """A report about one task of many."""

    id: str
    attempt: NotRequired[int]
    token: NotRequired[str]


class PageFilter(TypedDict, total=False):
    """Which part of a list to return."""

    page: int
    page_size: int


class TaskFilter(PageFilter, total=False):
    """Which tasks to list."""

    name: str
    kind: str
    status: TaskStatus | Sequence[TaskStatus]
    timeout: int
    attempt_above: int
    delayed: bool
    root_cause: bool
    batch_id: str
    metadata: str
    created_after: Time
    created_before: Time
    ended_after: Time
    ended_before: Time
    sort: Literal["-created_at", "created_at", "-ended_at"]
    fields: Sequence[Literal["failure_reason", "last_updated", "timeout"]]


class BatchFilter(PageFilter, total=False):
    """Which batches to list."""

    kind: str
    name: str
    status: TaskStatus | Sequence[TaskStatus]
    created_after: Time
    created_before: Time
    scope: str
    metadata: str
    search: str
    sort: Literal["-created_at", "created_at"]
    fields: Sequence[Literal["stopped_at", "exhausted_deliveries"]]


DeliveryStatus = Literal["pending", "success", "failure", "exhausted"]


class ReplayFilter(TypedDict, total=False):
    """Which exhausted notifications to send again."""

    task_id: str
    batch_id: str
    trigger: Literal["start", "end", "cancel", "batch_complete"]
    host: str
    updated_after: Time
    updated_before: Time


class DeliveryFilter(ReplayFilter, PageFilter, total=False):
    """Which deliveries to list."""

    status: DeliveryStatus | Sequence[DeliveryStatus]
    sort: Literal["-updated_at", "updated_at"]


class ScheduleFilter(PageFilter, total=False):
    """How to list schedules."""

    sort: Literal["name", "next_due_at"]


AuditAction = Literal[
    "cancel_task",
    "pause_task",
    "resume_task",
    "reschedule_task",
    "rerun_tasks",
    "stop_batch",
    "update_rules",
    "replay_deliveries",
    "save_schedule",
    "delete_schedule",
    "run_schedule",
    "pause_schedule",
    "resume_schedule",
]


class AuditFilter(PageFilter, total=False):
    """Which entries of the audit log to list."""

    actor: str
    action: AuditAction
    batch_id: str
    task_id: str
    schedule: str


class ScheduleOptions(TypedDict, total=False):
    """Settings of a schedule besides its cron expression and its batch."""

    timezone: str
    overlap: Literal["allow", "skip", "stop_previous"]
    catch_up: Literal["none", "one", "all"]
    starts_at: Time | None
    ends_at: Time | None
    jitter_secs: int
    paused: bool
