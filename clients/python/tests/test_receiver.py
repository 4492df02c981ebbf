"""The receiver kit, on a real service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import Stage, wait_until

from hookline import AsyncJob, Graph, HooklineError, Job, NonRetryable, Notification, Receiver, RetryAfter


def both(receiver: Receiver, path: str, work: Callable[[Any], object]) -> None:
    """Registers `work(job)` as a function at `{path}`, and as a coroutine at `{path}-async`."""
    receiver.start(path)(lambda job: work(job))

    @receiver.start(f"{path}-async")
    async def handler(job: AsyncJob) -> object:
        return work(job)


STYLES = ["", "-async"]


@pytest.mark.parametrize("style", STYLES)
def test_work_ends_with_its_result_counts_and_reason(stage: Stage, style: str) -> None:
    def work(job: Job) -> object:
        assert isinstance(job.body, dict)
        if job.body.get("fail"):
            raise RuntimeError("The disk is full")
        job.progress(3)
        job.progress(2, 1)
        return {"doubled": job.body["n"] * 2}

    both(stage.serve(), "/work", work)
    good = stage.create(f"/work{style}?colour=red&empty=", body={"n": 21}).ids["a"]
    stage.until(good, status="Success", success=5, failures=1, result={"doubled": 42})
    bad = stage.create(f"/work{style}", body={"fail": True}).ids["a"]
    stage.until(bad, status="Failure", failure_reason="The disk is full")


def test_what_exists_at_once_is_the_answer_and_what_comes_later_is_reported(asgi_stage: Stage) -> None:
    gate = threading.Event()
    receiver = asgi_stage.serve()
    receiver.start("/now")(lambda job: "done")
    receiver.start("/later")(lambda job: gate.wait() and None)
    now = asgi_stage.create("/now").ids["a"]
    asgi_stage.until(now, status="Success", result="done")
    assert asgi_stage.front.reports(now) == []
    later = asgi_stage.start("/later")
    gate.set()
    asgi_stage.until(later, status="Success", result=None)
    assert asgi_stage.front.reports(later) == [{"status": "Success"}]


RAISED: list[tuple[BaseException, str]] = [
    (RuntimeError(" \n\u3000"), "RuntimeError"),
    (RuntimeError("\ufeff"), "The work failed without a reason"),
    (RuntimeError("a\0b"), "a\ufffdb"),
    (RuntimeError("a\ud83d"), "a?"),
    (RuntimeError("\U0001f600" * 70_000), "\U0001f600" * 65_536),
    (StopIteration(), "The handler raised StopIteration"),
    (SystemExit(1), "The handler raised SystemExit"),
    (KeyboardInterrupt(), "The handler raised KeyboardInterrupt"),
]
"""What handlers raise, and what becomes of it."""


def test_no_failure_is_lost(asgi_stage: Stage) -> None:
    receiver = asgi_stage.serve()

    @receiver.start("/now")
    def now(job: Job) -> None:
        raise RAISED[job.body][0]

    @receiver.start("/later")
    def later(job: Job) -> None:
        job.canceled.wait(0.1)
        raise RAISED[job.body][0]

    graph = Graph()
    for n in range(len(RAISED)):
        for path in ("/now", "/later"):
            graph.task(f"{path}{n}", kind="test", on_start=asgi_stage.action(path, body=n))
    created = asgi_stage.hookline.create(graph)
    asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    for name, id in created.ids.items():
        reason = asgi_stage.hookline.task(id)["failure_reason"]
        expected = RAISED[int(name[-1])][1]
        # A comparison by `assert` alone would print 65,536 characters.
        assert (reason == expected) is True, f"{name}: {str(reason)[:80]!r}"


DEEP: Any = 0
for _ in range(5000):
    DEEP = [DEEP]
RETURNED: list[tuple[Any, str]] = [
    ({1, 2}, "not JSON serializable"),
    (float("nan"), "not JSON compliant"),
    ("x" * 70_000, "64 KiB"),
    ({"a": ["b\0"]}, "U+0000"),
    (["\ud83d"], "surrogates"),
    (DEEP, "60 levels"),
]
"""What handlers return although no service can store it, and a part of the reason that it gives."""


def test_a_result_that_cannot_be_stored_fails_the_task(asgi_stage: Stage) -> None:
    asgi_stage.serve().start("/work")(lambda job: RETURNED[job.body][0])
    graph = Graph()
    for n in range(len(RETURNED)):
        graph.task(str(n), kind="test", on_start=asgi_stage.action("/work", body=n))
    created = asgi_stage.hookline.create(graph)
    asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    for name, id in created.ids.items():
        assert RETURNED[int(name)][1] in str(asgi_stage.hookline.task(id)["failure_reason"])


def test_the_deepest_result_is_stored_and_children_read_it(asgi_stage: Stage) -> None:
    deep: Any = "\\u0000 is six characters"
    for _ in range(60):
        deep = [deep]
    receiver = asgi_stage.serve()
    receiver.start("/first")(lambda job: deep)
    receiver.start("/second")(lambda job: job.context["parents"]["a"]["result"] == deep if job.context else "none")
    graph = Graph()
    group = {"max_size": 5}
    a = graph.task("a", kind="test", on_start=asgi_stage.action("/first", group=group))
    graph.task("b", kind="test", requires=[a], on_start=asgi_stage.action("/second", context=True))
    created = asgi_stage.hookline.create(graph)
    asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    assert asgi_stage.hookline.results(created.batch_id) == {"a": deep, "b": True}


def test_handlers_steer_retries(asgi_stage: Stage) -> None:
    receiver = asgi_stage.serve()

    @receiver.start("/never")
    def never(job: Job) -> None:
        raise NonRetryable("There is no such branch")

    @receiver.start("/later")
    async def later(job: AsyncJob) -> None:
        if job.attempt == 1:
            raise RetryAfter("The registry is busy", 0)
        job.fail(RetryAfter("The registry is busy", 99.5))

    retry = {"max_attempts": 3, "delay_secs": 1000}
    id = asgi_stage.create("/never", retry=retry).ids["a"]
    asgi_stage.until(id, status="Failure", attempt=1, failure_reason="There is no such branch")
    id = asgi_stage.create("/later", retry=retry).ids["a"]
    asgi_stage.until(id, status="Pending", attempt=3)
    assert [one["failure_reason"] for one in asgi_stage.hookline.attempts(id)[1:]] == ["The registry is busy"] * 2


def test_only_the_first_end_counts(asgi_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    @asgi_stage.serve().start("/work")
    def work(job: Job) -> None:
        job.result([1])
        job.fail("first", success=1, failures=2)
        job.succeed()
        raise RuntimeError("third")

    id = asgi_stage.create("/work").ids["a"]
    asgi_stage.until(id, status="Failure", failure_reason="first", success=1, failures=2, result=[1])
    wait_until(lambda: "third" in caplog.text)


def test_a_group_is_handled_together_or_one_by_one(stage: Stage) -> None:
    receiver = stage.serve()
    sizes: list[int] = []

    @receiver.group("/together")
    def together(jobs: Sequence[Job]) -> None:
        sizes.append(len(jobs))
        for job in jobs:
            if job.body == 2:
                job.fail("The row is empty")
            else:
                job.result(job.body)

    receiver.start("/single")(lambda job: job.body)
    graph = Graph()
    for n in range(4):
        for path in ("/together", "/single"):
            graph.task(f"{path}{n}", kind="test", on_start=stage.action(path, body=n, group={"max_size": 9}))
    created = stage.hookline.create(graph)
    stats = stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    assert (stats["status_counts"]["success"], stats["status_counts"]["failure"]) == (7, 1)
    assert sum(sizes) == 4
    expected = {f"/together{n}": n for n in (0, 1, 3)} | {f"/single{n}": n for n in range(4)}
    assert stage.hookline.results(created.batch_id) == expected


def test_notifications_come_again_if_their_handler_fails(asgi_stage: Stage) -> None:
    heard: list[Notification] = []
    receiver = asgi_stage.serve()
    receiver.start("/well")(lambda job: 7)

    @receiver.notification("/told")
    async def told(notification: Notification) -> None:
        heard.append(notification)
        if len(heard) == 1:
            raise RuntimeError("not now")

    graph = Graph(on_batch_complete=[asgi_stage.action("/told", body={"say": "all"})])
    action = asgi_stage.action("/told", body={"say": "one"}, context=True)
    graph.task("a", kind="test", on_start=asgi_stage.action("/well"), on_success=[action])
    created = asgi_stage.hookline.create(graph)
    wait_until(lambda: len(heard) == 3)
    assert sorted(one.event for one in heard) in (
        ["complete", "complete", "success"],
        ["complete", "success", "success"],
    )
    one = next(one for one in heard if one.event == "success")
    assert (one.task_id, one.batch_id, one.attempt) == (created.ids["a"], created.batch_id, 1)
    assert one.context is not None
    assert one.context["task"]["result"] == 7
    whole = next(one for one in heard if one.event == "complete")
    assert (whole.task_id, whole.batch_id, whole.body["say"]) == (None, created.batch_id, "all")


def test_a_job_adds_tasks_to_its_batch_once_whatever_is_lost(stage: Stage) -> None:
    receiver = stage.serve()
    receiver.start("/leaf")(lambda job: job.body)

    def more(n: int, timeout: int = 60) -> Graph:
        graph = Graph()
        graph.task(f"leaf-{n}", kind="test", timeout=timeout, on_start=stage.action("/leaf", body=n))
        return graph

    @receiver.start("/grow")
    def grow(job: Job) -> None:
        assert list(job.add_tasks(more(1)).ids) == ["leaf-1"]

    @receiver.start("/grow-async")
    async def grow_async(job: AsyncJob) -> None:
        await job.add_tasks(more(2), idempotency_key=job.task_id)
        with pytest.raises(HooklineError, match="timeout"):
            await job.add_tasks(more(3, timeout=0))

    lost = 0

    def lose_first(passing: Any) -> Any:
        nonlocal lost
        if passing.method == "POST" and passing.path.startswith("/batch/"):
            lost += 1
            return "lose" if lost == 1 else None
        return None

    graph = Graph()
    grow_task = graph.task("grow", kind="test", on_start=stage.action("/grow"))
    graph.task("grow-async", kind="test", requires=[grow_task], on_start=stage.action("/grow-async"))
    stage.front.obstruct(lose_first)
    created = stage.hookline.create(graph)
    stats = stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    assert stats["total_tasks"] == stats["status_counts"]["success"] == 4
    assert stage.hookline.results(created.batch_id) == {"leaf-1": 1, "leaf-2": 2}
