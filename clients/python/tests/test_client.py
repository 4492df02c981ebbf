"""The clients, on a real service."""

from __future__ import annotations

import asyncio
import inspect
import threading
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from conftest import TOKEN, Stage, wait_until
from front import Front

from hookline import AsyncHookline, Graph, Hookline, HooklineError, webhook
from hookline.types import BatchStats

NOWHERE = webhook("http://127.0.0.1:9/start")
LATER = datetime(2200, 1, 1, 3, tzinfo=timezone(timedelta(hours=1)))


def waiting(n: int = 1, **options: Any) -> Graph:
    """Returns a graph of tasks that do not start."""
    graph = Graph(**options)
    for i in range(n):
        graph.task(f"task-{i}", kind="waiting", run_at=LATER, on_start=NOWHERE)
    return graph


def test_it_reads_what_it_creates(hookline: Hookline) -> None:
    scope = str(uuid4())
    created = hookline.create(waiting(5, scope=scope, metadata={"by": "test"}))
    id = created.ids["task-0"]
    assert [task["local_id"] for task in created.tasks] == [f"task-{n}" for n in range(5)]
    assert hookline.task(id)["run_at"] == "2200-01-01T02:00:00.000Z"
    assert hookline.why(id)["reasons"][0]["type"] == "time"
    assert hookline.attempts(id)[0]["attempt"] == 1
    assert hookline.batch(created.batch_id)["metadata"] == {"by": "test"}
    assert [one["batch_id"] for one in hookline.batches(scope=scope, created_after=LATER - timedelta(days=99_999))] == [
        created.batch_id
    ]
    assert hookline.batches(scope=scope, created_after=LATER) == []
    assert len(hookline.dag(created.batch_id)["tasks"]) == 5
    assert len(hookline.tasks(batch_id=created.batch_id, delayed=True, page_size=2)) == 2
    assert hookline.tasks(batch_id=created.batch_id, delayed=False) == []
    for size in (1, 2, 5, 6):
        listed = [task["id"] for task in hookline.iter_tasks(batch_id=created.batch_id, page_size=size)]
        assert sorted(listed) == sorted(created.ids.values())
    assert next(iter(hookline.iter_batches(scope=scope)))["total_tasks"] == 5


def test_it_changes_what_it_created(hookline: Hookline) -> None:
    created = hookline.create(waiting(3))
    one, two, three = created.ids.values()
    hookline.pause(one)
    assert hookline.task(one)["status"] == "Paused"
    hookline.resume(one)
    hookline.reschedule(two, LATER + timedelta(days=1))
    assert hookline.task(two)["run_at"] == "2200-01-02T02:00:00.000Z"
    assert hookline.update_rules(created.batch_id, "waiting", [])["updated_count"] == 3
    more = Graph()
    more.task("first", kind="more", required_by=[], on_start=NOWHERE, run_at=LATER, after=[one])
    added = hookline.add_tasks(created.batch_id, more)
    assert added.batch_id == created.batch_id
    assert {"parent_id": one, "child_id": added.ids["first"], "requires_success": False} in hookline.dag(
        created.batch_id
    )["links"]
    hookline.cancel(three)
    with pytest.raises(HooklineError) as caught:
        hookline.reschedule(three, None)
    assert (caught.value.status, caught.value.current_status, caught.value.is_temporary) == (409, "Canceled", False)
    assert hookline.stop(created.batch_id)["already_terminal"] == 1
    again = hookline.rerun(created.batch_id, task_ids=[three])
    assert again["tasks"] == [{"id": three, "attempt": 2}]
    hookline.cancel(three)
    assert hookline.rerun_task(three)["tasks"][0]["attempt"] == 3
    hookline.stop(created.batch_id)


def test_it_reports_on_one_and_on_many(asgi_stage: Stage) -> None:
    hookline = asgi_stage.hookline
    gate = threading.Event()
    asgi_stage.serve().start("/work")(lambda job: gate.wait() and None)
    one, two = asgi_stage.start("/work"), asgi_stage.start("/work")
    assert hookline.count([{"id": one, "new_success": 2}]) == [{"id": one, "status": 202}]
    hookline.report(one, {"new_failures": 1})
    outcomes = hookline.reports(
        [{"id": one, "status": "Success", "result": 1}, {"id": str(uuid4()), "status": "Success"}]
    )
    assert [outcome["status"] for outcome in outcomes] == [200, 404]
    with pytest.raises(HooklineError) as caught:
        hookline.report(two, {}, attempt=2)
    assert (caught.value.status, caught.value.current_attempt) == (409, 1)
    hookline.cancel(two)
    asgi_stage.until(one, status="Success", success=2, failures=1, result=1)
    gate.set()


def test_it_has_schedules(hookline: Hookline) -> None:
    name = f"night.{uuid4()}"
    saved = hookline.schedule(name, cron="@daily", batch=waiting(), starts_at=LATER, overlap="skip")
    assert (saved["name"], saved["overlap"], saved["starts_at"]) == (name, "skip", "2200-01-01T02:00:00.000Z")
    assert hookline.read_schedule(name)["batch"] == waiting().to_json()
    assert name in [one["name"] for one in hookline.iter_schedules(page_size=1)]
    assert hookline.pause_schedule(name)["paused"] is True
    assert hookline.resume_schedule(name)["paused"] is False
    batch_id = hookline.run_schedule(name)["batch_id"]
    assert batch_id
    assert hookline.batch(batch_id)["total_tasks"] == 1
    hookline.delete_schedule(name)
    with pytest.raises(HooklineError, match="404"):
        hookline.read_schedule(name)


def test_it_replays_deliveries(asgi_stage: Stage) -> None:
    hookline, told = asgi_stage.hookline, []
    receiver = asgi_stage.serve()
    receiver.start("/work")(lambda job: 1)

    @receiver.notification("/told")
    def hear(notification: object) -> None:
        told.append(notification)
        if len(told) <= 2:
            raise RuntimeError("not now")

    id = asgi_stage.create("/work", on_success=[asgi_stage.action("/told")]).ids["a"]
    wait_until(lambda: hookline.deliveries(task_id=id, status="exhausted"))
    [delivery] = hookline.iter_deliveries(task_id=id, status="exhausted")
    detail = hookline.delivery(delivery["id"])
    assert [attempt["status"] for attempt in detail["attempt_log"]] == [500, 500]
    hookline.replay(delivery["id"])
    [entry] = hookline.audit_log(task_id=id)
    assert (entry["action"], entry["details"]) == ("replay_deliveries", {"deliveries": 1})
    [task] = hookline.tasks(status=["Failure", "Success"], batch_id=delivery["batch_id"], fields=["failure_reason"])
    assert (task["id"], task["failure_reason"]) == (id, None)
    wait_until(lambda: len(told) == 3)
    assert hookline.replay_exhausted(task_id=id) == {"replayed": 0}


def test_it_creates_once_although_answers_are_lost(hookline: Hookline, front: Front) -> None:
    scope = str(uuid4())
    before = len(front.seen("POST", "/task"))
    front.obstruct(lambda one: "lose" if len(front.seen("POST", "/task")) == before + 1 else None)
    created = hookline.create(waiting(scope=scope))
    front.obstruct(None)
    first, second = front.seen("POST", "/task")[before:]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert [batch["batch_id"] for batch in hookline.batches(scope=scope)] == [created.batch_id]
    key = str(uuid4())
    own = hookline.create(waiting(scope=key), idempotency_key=key)
    assert hookline.create(waiting(scope=key), idempotency_key=key) == own
    with pytest.raises(HooklineError) as caught:
        hookline.create(waiting(scope="other"), idempotency_key=key)
    assert caught.value.status == 422


def test_it_retries_what_is_safe_and_nothing_else(hookline: Hookline, front: Front) -> None:
    id = hookline.create(waiting()).ids["task-0"]
    unready: Any = (503, {"retry-after": "0"})
    front.obstruct(lambda one: unready if len(front.seen("GET", f"/task/{id}")) <= 2 else None)
    assert hookline.task(id)["id"] == id
    assert len(front.seen("GET", f"/task/{id}")) == 3
    front.obstruct(lambda one: "cut")
    with pytest.raises(HooklineError) as caught:
        hookline.pause(id)
    assert (caught.value.status, caught.value.is_temporary) == (0, True)
    assert len(front.seen("PATCH", f"/task/pause/{id}")) == 1
    front.obstruct(lambda one: (503, {"retry-after": "7"}))
    with Hookline(front.url, token=TOKEN, retries=0) as impatient, pytest.raises(HooklineError) as caught:
        impatient.task(id)
    assert (caught.value.status, caught.value.retry_after_secs) == (503, 7)


def test_it_names_every_fault_of_a_request(hookline: Hookline, front: Front) -> None:
    graph = Graph()
    graph.task("a", kind="test", timeout=0, priority=5000, on_start=NOWHERE)
    with pytest.raises(HooklineError) as caught:
        hookline.create(graph)
    error = caught.value
    assert (error.status, error.title, error.field) == (400, "Bad Request", "tasks[0].timeout")
    assert [fault.field for fault in error.faults] == ["tasks[0].timeout", "tasks[0].priority"]
    assert len(error.details) == 2
    assert "86400" in error.faults[0].message
    with Hookline(front.url) as stranger, pytest.raises(HooklineError, match="401"):
        stranger.batches()
    assert front.passed[-1].headers["prefer"] == "handling=strict"
    with Hookline(front.url, token=TOKEN, strict=False) as lenient:
        lenient.batches()
    assert "prefer" not in front.passed[-1].headers
    for id in ("", ".", ".."):
        with pytest.raises(ValueError, match="id: "):
            hookline.task(id)
    with pytest.raises(HooklineError, match="400"):
        hookline.task("no/../uuid?x=1#y")


def test_it_waits_for_a_batch_by_events_and_while_the_service_is_away(asgi_stage: Stage) -> None:
    shown: list[BatchStats] = []
    asgi_stage.serve().start("/work")(lambda job: job.canceled.wait(0.1) and None)
    graph = Graph()
    first = graph.task("first", kind="test", expected_count=1, on_start=asgi_stage.action("/work"))
    graph.task("second", kind="test", requires=[first], on_start=asgi_stage.action("/work"))
    created = asgi_stage.hookline.create(graph)
    path = f"/batch/{created.batch_id}"
    asgi_stage.front.obstruct(
        lambda one: "cut" if one.path == path and len(asgi_stage.front.seen("GET", path)) <= 6 else None
    )
    stats = asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60, on_progress=shown.append)
    assert stats["status_counts"]["success"] == 2
    assert shown[-1] == stats
    assert asgi_stage.front.seen("GET", f"{path}/events")


def test_it_waits_without_events_and_not_longer_than_it_is_told(hookline: Hookline, front: Front) -> None:
    front.obstruct(lambda one: 502 if one.path.endswith("/events") else None)
    created = hookline.create(waiting())
    with pytest.raises(TimeoutError, match="not ended within"):
        hookline.wait_for_batch(created.batch_id, timeout=0.3)
    hookline.cancel(created.ids["task-0"])
    assert hookline.wait_for_batch(created.batch_id)["status_counts"]["canceled"] == 1
    with pytest.raises(HooklineError, match="404"):
        hookline.wait_for_batch(str(uuid4()))


def test_it_resumes_a_broken_stream(hookline: Hookline, front: Front) -> None:
    created = hookline.create(waiting(2, metadata="a\u2028b"))
    events = hookline.events(created.batch_id)
    assert next(events).type == "ready"
    one, two = created.ids.values()
    hookline.cancel(one)
    event = next(events)
    assert event.task
    assert (event.task["id"], event.task["status"]) == (one, "Canceled")
    front.cut_streams()
    hookline.cancel(two)
    rest = [next(events), next(events)]
    assert rest[0].type == "interrupted"
    assert rest[1].task
    assert rest[1].task["id"] == two
    events.close()  # type: ignore[attr-defined]


def test_the_asynchronous_client_does_the_same(front: Front) -> None:
    async def main() -> None:
        async with AsyncHookline(front.url, token=TOKEN) as hookline:
            created = await hookline.create(waiting(3))
            tasks = [task["id"] async for task in hookline.iter_tasks(batch_id=created.batch_id, page_size=2)]
            assert sorted(tasks) == sorted(created.ids.values())
            waits = [asyncio.create_task(hookline.wait_for_batch(created.batch_id, timeout=60)) for _ in range(3)]
            await hookline.stop(created.batch_id)
            stats = await asyncio.gather(*waits)
            assert [one["status_counts"]["canceled"] for one in stats] == [3, 3, 3]
            async for event in hookline.events(created.batch_id):
                assert event.type == "ready"
                break
            with pytest.raises(HooklineError, match="404"):
                await hookline.task(str(uuid4()))
            # A wait can be canceled like anything else.
            open_batch = await hookline.create(waiting())
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(hookline.wait_for_batch(open_batch.batch_id), 0.1)

    asyncio.run(main())


def test_both_clients_have_the_same_methods_and_their_texts() -> None:
    names = [name for name in dir(Hookline) if not name.startswith("_") and name not in ("close", "is_blocking")]
    assert len(names) > 30
    client = Hookline("http://localhost:8085")
    for name in names:
        assert hasattr(AsyncHookline, name)
        assert inspect.getdoc(getattr(client, name))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"base_url": "localhost:8085"}, "base_url"),
        ({"base_url": "ftp://localhost"}, "base_url"),
        ({"base_url": "http://"}, "base_url"),
        ({"base_url": "http://localhost:x"}, "base_url"),
        ({"base_url": "http://localhost/?a=1"}, "base_url"),
        ({"token": ""}, "token"),
        ({"token": " \n"}, "token"),
        ({"token": "caf\u00e9"}, "token"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"retries": -1}, "retries"),
    ],
)
@pytest.mark.parametrize("kind", [Hookline, AsyncHookline])
def test_it_finds_faults_at_construction(kind: Any, options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}: "):
        kind(**{"base_url": "http://localhost:8085", **options})
