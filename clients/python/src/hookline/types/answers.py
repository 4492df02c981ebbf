"""What answers consist of, as JSON has it. Times are ISO 8601 in UTC. The API document describes each field."""

from __future__ import annotations

from typing import Literal

from .._client.compat import NotRequired, TypedDict
from .requests import Action, AuditAction, RetryPolicy, Rule
from .values import Json, TaskStatus, Verb


class TaskSummary(TypedDict):
    """The light form of a task, as in lists and events."""

    id: str
    local_id: str | None
    name: str
    kind: str
    status: TaskStatus
    batch_id: str
    attempt: int
    priority: int
    created_at: str
    run_at: str | None
    started_at: str | None
    ended_at: str | None
    success: int
    failures: int
    expected_count: int | None
    dead_end_barrier: bool


class ListedTask(TaskSummary):
    """A task in a list or graph, with the members that `fields` asks for."""

    failure_reason: NotRequired[str | None]
    last_updated: NotRequired[str]
    timeout: NotRequired[int]


class TaskAction(Action):
    """An action of a task, with what it is called for."""

    trigger: Literal["Start", "End", "Cancel"]


class Task(TaskSummary):
    """The full form of a task."""

    timeout: int
    rules: list[Rule]
    metadata: Json
    retry: RetryPolicy | None
    last_updated: str
    failure_reason: str | None
    result: Json
    actions: list[TaskAction]


class Attempt(TypedDict):
    """One attempt at a task."""

    attempt: int
    status: TaskStatus
    started_at: str | None
    ended_at: str | None
    failure_reason: str | None
    success: int
    failures: int


class NamedTask(TypedDict):
    """A task that is a reason."""

    id: str
    name: str
    status: TaskStatus


class Reason(TypedDict):
    """One reason for the status of a task."""

    type: str
    text: str
    tasks: list[NamedTask]


class Why(TypedDict):
    """Why a task is in its status."""

    id: str
    status: TaskStatus
    summary: str
    reasons: list[Reason]


class GraphLink(TypedDict):
    """A link of a graph."""

    parent_id: str
    child_id: str
    requires_success: bool


class Dag(TypedDict):
    """The graph of a batch: tasks and links."""

    tasks: list[ListedTask]
    links: list[GraphLink]


class StatusCounts(TypedDict):
    """Number of tasks in each status."""

    waiting: int
    pending: int
    claimed: int
    running: int
    paused: int
    success: int
    failure: int
    canceled: int


class BatchStats(TypedDict):
    """Statistics of a batch."""

    batch_id: str
    scope: str | None
    metadata: Json
    total_tasks: int
    total_success: int
    total_failures: int
    total_expected: int | None
    status_counts: StatusCounts


class BatchSummary(TypedDict):
    """A batch as in lists."""

    batch_id: str
    scope: str | None
    metadata: Json
    total_tasks: int
    kinds: list[str]
    first_created_at: str
    latest_updated_at: str
    status_counts: StatusCounts
    stopped_at: NotRequired[str | None]
    exhausted_deliveries: NotRequired[int]


class Stopped(TypedDict):
    """Result of stopping a batch."""

    batch_id: str
    canceled_waiting: int
    canceled_pending: int
    canceled_claimed: int
    canceled_running: int
    canceled_paused: int
    already_terminal: int


class RulesUpdated(TypedDict):
    """Result of replacing rules."""

    batch_id: str
    kind: str
    updated_count: int


class RerunTask(TypedDict):
    """A task that runs again, with its next attempt."""

    id: str
    attempt: int


class Rerun(TypedDict):
    """The tasks that run again."""

    batch_id: str
    tasks: list[RerunTask]


class BulkResult(TypedDict):
    """The outcome of one report or increment of many."""

    id: str | None
    status: int
    error: NotRequired[str]
    current_status: NotRequired[TaskStatus]
    current_attempt: NotRequired[int]


class BulkResults(TypedDict):
    """The outcomes of many reports or increments, in their order."""

    results: list[BulkResult]


class Delivery(TypedDict):
    """A call to a receiver and its outcome."""

    id: str
    task_id: str | None
    batch_id: str
    trigger: Literal["start", "end", "cancel", "batch_complete"]
    idempotency_key: str
    url: str
    status: Literal["pending", "success", "failure", "exhausted"]
    attempts: int
    next_attempt_at: str | None
    last_status: int | None
    last_error: str | None
    created_at: str
    updated_at: str


class DeliveryRequest(TypedDict):
    """The request of a delivery; header values are hidden."""

    verb: Verb
    url: str
    headers: dict[str, str]
    body: Json


class DeliveryAttempt(TypedDict):
    """A failed attempt to deliver a notification."""

    attempt: int
    started_at: str
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None


class DeliveryWait(TypedDict):
    """Why a delivery is pending."""

    type: Literal["in_flight", "start_result", "cooldown", "backoff", "slot"]
    until: str | None
    text: str


class DeliveryDetail(Delivery):
    """A delivery with its request and its attempts."""

    host: str | None
    request: DeliveryRequest | None
    last_duration_ms: int | None
    last_answer: str | None
    attempt_log: list[DeliveryAttempt]
    waits_for: DeliveryWait | None


class AuditEntry(TypedDict):
    """Who changed what."""

    id: int
    at: str
    actor: str | None
    action: AuditAction
    batch_id: str | None
    task_id: str | None
    schedule: str | None
    details: dict[str, Json] | None


class Replayed(TypedDict):
    """The number of notifications that are sent again."""

    replayed: int


class Firing(TypedDict):
    """The result of a due time, or of a manual run."""

    due_at: str
    fired_at: str
    status: Literal["fired", "skipped", "failed"]
    batch_id: str | None
    reason: str | None
    manual: bool


class ScheduleSummary(TypedDict):
    """A schedule as in lists."""

    name: str
    cron: str
    timezone: str
    overlap: Literal["allow", "skip", "stop_previous"]
    catch_up: Literal["none", "one", "all"]
    starts_at: str | None
    ends_at: str | None
    jitter_secs: int
    paused: bool
    created_at: str
    updated_at: str
    next_due_at: str | None
    last_firing: Firing | None


class Schedule(ScheduleSummary):
    """A schedule with its batch, its next due times and its last firings."""

    batch: Json
    next: list[str]
    last: list[Firing]
