"""The builder of graphs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .compat import NotRequired, TypedDict, Unpack
from .times import Time, iso

if TYPE_CHECKING:
    from ..types import Action, BatchOptions, BatchRequest, Group, Json, Link, Matcher, RetryPolicy, Rule, Verb

_UUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class TaskHandle:
    """A task in a graph, for other tasks to depend on."""

    id: str
    """Local id."""
    graph: Graph = field(repr=False)


class TaskSpec(TypedDict):
    """A task to add: the fields of the API, with dependencies as handles or local ids."""

    kind: str
    on_start: Action
    name: NotRequired[str]
    requires: NotRequired[Sequence[TaskHandle | str]]
    after: NotRequired[Sequence[TaskHandle | str]]
    required_by: NotRequired[Sequence[str]]
    before: NotRequired[Sequence[str]]
    run_at: NotRequired[Time]
    delay_secs: NotRequired[int]
    timeout: NotRequired[int]
    retry: NotRequired[RetryPolicy]
    metadata: NotRequired[Json]
    on_success: NotRequired[list[Action]]
    on_failure: NotRequired[list[Action]]
    expected_count: NotRequired[int]
    priority: NotRequired[int]
    dead_end_barrier: NotRequired[bool]
    rules: NotRequired[list[Rule]]
    dedupe_strategy: NotRequired[list[Matcher]]


class Graph:
    """
    Builds a batch, or what to add to one. Settings of the batch are those of the API; `add_tasks` takes none.

    A `ValueError` is raised for a local id that is used twice, and for a dependency that is not in the graph yet; so a
    graph has no cycles. A UUID is taken for the id of an existing task.

        graph = Graph(scope="release-7")
        build = graph.task("build", kind="build", on_start=webhook("https://worker.example.com/build"))
        graph.task("deploy", kind="deploy", requires=[build], on_start=webhook("https://worker.example.com/deploy"))
    """

    def __init__(self, **options: Unpack[BatchOptions]) -> None:
        self._options = options
        self._tasks: dict[str, dict[str, Any]] = {}

    def task(self, id: str, **spec: Unpack[TaskSpec]) -> TaskHandle:
        """
        Adds a task with a local id that is unique in the graph.

        - `name`: shown to people; default: the local id.
        - `requires`: tasks that must succeed, or this task fails too.
        - `after`: tasks that must end, in any way.
        - `required_by`, `before`: existing `Waiting` tasks that wait for this one, by id or local id; those in
          `required_by` fail if it does not succeed. Only in `add_tasks`.
        - `run_at`: time before which the task does not start.
        - `delay_secs`: seconds to wait after the creation, or after the end of the last parent.

        :raises ValueError: if the local id is missing or used, a dependency is unknown, or a time has no zone.
        """
        if not id:
            raise ValueError("A task needs a local id")
        if id in self._tasks:
            raise ValueError(f'There is a task "{id}" already')
        task: dict[str, Any] = {"name": id, **spec, "id": id}
        required, ended = ([self._id_of(one, id) for one in task.pop(name, ())] for name in ("requires", "after"))
        children = _links(id, task.pop("required_by", ()), task.pop("before", ()))
        dependencies = _links(id, required, ended)
        if "run_at" in task:
            task["run_at"] = iso(task["run_at"])
        if dependencies:
            task["dependencies"] = dependencies
        if children:
            task["before"] = children
        self._tasks[id] = task
        return TaskHandle(id, self)

    def to_json(self) -> BatchRequest:
        """Returns the request that creates the graph."""
        request: Any = {**self._options, "tasks": list(self._tasks.values())}
        batch: BatchRequest = request
        return batch

    def _id_of(self, parent: TaskHandle | str, child: str) -> str:
        id = parent if isinstance(parent, str) else parent.id
        if isinstance(parent, TaskHandle) and parent.graph is not self:
            raise ValueError(f'"{child}" depends on "{id}" of another graph')
        if id not in self._tasks and not _UUID.fullmatch(id):
            raise ValueError(f'"{child}" depends on "{id}", which is not in the graph yet')
        return id


def _links(id: str, required: Iterable[str], ended: Iterable[str]) -> list[Link]:
    links: list[Link] = [{"id": one, "requires_success": True} for one in required]
    links += [{"id": one, "requires_success": False} for one in ended]
    seen: set[str] = set()
    for link in links:
        if link["id"] in seen:
            raise ValueError(f'"{id}" names "{link["id"]}" twice')
        seen.add(link["id"])
    return links


def webhook(
    url: str,
    *,
    verb: Verb = "Post",
    body: Json = None,
    headers: dict[str, str] | None = None,
    group: Group | None = None,
    context: bool = False,
) -> Action:
    """
    Returns an action that calls a receiver.

    - `body`: any JSON; None: no body.
    - `group`: calls may share requests, e.g. `{"max_size": 100}`.
    - `context`: the body, which must be an object, gets the task and the results of its parents.
    """
    action: Action = {"kind": "Webhook", "params": {"url": url, "verb": verb}}
    if body is not None:
        action["params"]["body"] = body
    if headers is not None:
        action["params"]["headers"] = headers
    if group is not None:
        action["group"] = group
    if context:
        action["context"] = True
    return action
