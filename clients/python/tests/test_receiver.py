"""The receiver kit, on a real service."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from conftest import Stage, wait_until

from hookline import AsyncJob, Graph, HooklineError, Job, NonRetryable, Notification, Receiver, RetryAfter
from hookline.types import Report


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


@pytest.mark.parametrize("style", STYLES)
def test_a_canceled_task_stops_and_nothing_is_reported(stage: Stage, style: str) -> None:
    stopped: list[str] = []
    receiver = stage.serve()

    @receiver.start("/work")
    def work(job: Job) -> None:
        assert job.canceled.wait(30)
        stopped.append(job.task_id)

    @receiver.start("/work-async")
    async def work_async(job: AsyncJob) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            assert job.canceled.is_set()
            stopped.append(job.task_id)

    one, other = stage.start(f"/work{style}?secret=1"), stage.create(f"/work{style}")
    stage.until(other.ids["a"], status="Running")
    stage.hookline.cancel(one)
    wait_until(lambda: stopped == [one])
    stage.hookline.stop(other.batch_id)
    wait_until(lambda: stopped == [one, other.ids["a"]])
    stage.close()
    assert stage.front.reports(one) == []
    assert stage.hookline.task(one)["status"] == "Canceled"


FAILURE: Report = {"status": "Failure", "failure_reason": "Timeout"}
"""What a test reports in place of a timeout, which no receiver is told of."""


@pytest.mark.parametrize("heartbeat", [None, 0.05], ids=["progress", "heartbeat"])
def test_an_attempt_that_is_over_is_noticed_and_its_work_stops(asgi_stage: Stage, heartbeat: float | None) -> None:
    over, canceled = threading.Event(), threading.Event()

    @asgi_stage.serve(heartbeat_secs=heartbeat).start("/work")
    def work(job: Job) -> None:
        over.wait()
        if heartbeat is None:
            job.progress()
        if job.canceled.wait(20):
            canceled.set()

    id = asgi_stage.start("/work", retry={"max_attempts": 2, "delay_secs": 1000})
    asgi_stage.hookline.report(id, FAILURE)
    over.set()
    assert canceled.wait(20)
    asgi_stage.close()
    assert [one for one in asgi_stage.front.reports(id) if "status" in one] == [FAILURE]
    asgi_stage.until(id, status="Pending", attempt=2, success=0)


def test_the_next_attempt_stops_the_one_before(asgi_stage: Stage) -> None:
    stopped: list[int] = []

    @asgi_stage.serve().start("/work")
    def work(job: Job) -> int:
        if job.attempt == 2:
            return job.attempt
        assert job.canceled.wait(20)
        stopped.append(job.attempt)
        return job.attempt

    id = asgi_stage.start("/work", retry={"max_attempts": 2, "delay_secs": 0})
    asgi_stage.hookline.report(id, FAILURE)
    asgi_stage.until(id, status="Success", attempt=2, result=2)
    wait_until(lambda: stopped == [1])


def test_heartbeats_keep_a_silent_task_alive(asgi_stage: Stage) -> None:
    gate = threading.Event()
    asgi_stage.serve(heartbeat_secs=0.2).start("/work")(lambda job: gate.wait() and None)
    id = asgi_stage.start("/work", timeout=1)
    wait_until(lambda: len(asgi_stage.front.reports(id)) > 7)
    assert asgi_stage.front.reports(id)[0] == {}
    gate.set()
    asgi_stage.until(id, status="Success")


@pytest.mark.parametrize("obstacle", ["cut", (503, {"retry-after": "0"})], ids=["away", "unready"])
def test_reports_wait_for_the_service(asgi_stage: Stage, obstacle: Any) -> None:
    counted, gate = threading.Event(), threading.Event()

    @asgi_stage.serve().start("/work")
    def work(job: Job) -> str:
        counted.wait()
        job.progress(2)
        gate.wait()
        return "done"

    id = asgi_stage.start("/work")
    is_report = ("PUT", "PATCH")
    asgi_stage.front.obstruct(lambda passing: obstacle if passing.method in is_report else None)
    counted.set()
    wait_until(lambda: asgi_stage.front.reports(id, "PUT"))
    asgi_stage.front.obstruct(None)
    asgi_stage.until(id, success=2)
    asgi_stage.front.obstruct(lambda passing: obstacle if passing.method in is_report else None)
    gate.set()
    wait_until(lambda: asgi_stage.front.reports(id))
    asgi_stage.front.obstruct(None)
    asgi_stage.until(id, status="Success", success=2, result="done")


def test_a_result_whose_answer_was_lost_is_delivered_once(asgi_stage: Stage) -> None:
    gate = threading.Event()
    asgi_stage.serve().start("/work")(lambda job: gate.wait() and None)
    id = asgi_stage.start("/work")
    asgi_stage.front.obstruct(
        lambda one: "lose" if one.method == "PATCH" and len(asgi_stage.front.reports(id)) == 1 else None
    )
    gate.set()
    wait_until(lambda: len(asgi_stage.front.reports(id)) == 2)
    asgi_stage.close()
    assert asgi_stage.hookline.task(id)["status"] == "Success"


def test_a_result_that_the_service_refuses_fails_the_task(asgi_stage: Stage) -> None:
    gate = threading.Event()
    asgi_stage.serve().start("/work")(lambda job: gate.wait() and 7)
    id = asgi_stage.start("/work")
    asgi_stage.front.obstruct(lambda one: 400 if one.method == "PATCH" and one.body.get("result") == 7 else None)
    gate.set()
    asgi_stage.until(id, status="Failure")
    assert "refused the result" in str(asgi_stage.hookline.task(id)["failure_reason"])


def test_progress_in_quick_succession_is_sent_as_one(asgi_stage: Stage) -> None:
    gate = threading.Event()

    @asgi_stage.serve().start("/work")
    async def work(job: AsyncJob) -> None:
        for _ in range(1000):
            job.progress(1, 2)
        for count in (-1, 2**31, 0.5):
            with pytest.raises(ValueError, match="Progress"):
                job.progress(count)  # type: ignore[arg-type]
        await asyncio.to_thread(gate.wait)

    id = asgi_stage.start("/work")
    asgi_stage.until(id, success=1000, failures=2000)
    gate.set()
    asgi_stage.until(id, status="Success", success=1000)
    assert asgi_stage.front.reports(id, "PUT") == [{"new_success": 1000, "new_failures": 2000}]


@pytest.mark.parametrize("bulk", ["taken", "refused"])
def test_jobs_that_end_together_report_together(asgi_stage: Stage, bulk: str) -> None:
    gate = threading.Event()
    asgi_stage.serve().start("/work")(lambda job: gate.wait() and job.task_id)
    graph = Graph()
    for n in range(20):
        graph.task(str(n), kind="test", on_start=asgi_stage.action("/work", group={"max_size": 50}))
    created = asgi_stage.hookline.create(graph)
    wait_until(lambda: asgi_stage.hookline.batch(created.batch_id)["status_counts"]["running"] == 20)
    if bulk == "refused":
        asgi_stage.front.obstruct(lambda one: 413 if (one.method, one.path) == ("PATCH", "/task") else None)
    before = len(asgi_stage.front.passed)
    gate.set()
    asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    assert asgi_stage.hookline.results(created.batch_id) == created.ids
    assert (len([one for one in asgi_stage.front.passed[before:] if one.method == "PATCH"]) < 15) == (bulk == "taken")


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


def test_closing_refuses_new_work_and_completes_what_runs(stage: Stage) -> None:
    gate = threading.Event()
    stage.serve().start("/work")(lambda job: gate.wait() and "done")
    id = stage.start("/work")
    if stage.kind == "asgi":
        engine = stage.receiver._engine
        assert engine
        closing: Any = asyncio.run_coroutine_threadsafe(stage.receiver.aclose(), engine.loop)
        has_closed = closing.done
    else:
        thread = threading.Thread(target=stage.receiver.close)
        thread.start()
        has_closed = lambda: not thread.is_alive()  # noqa: E731
    wait_until(lambda: is_refused(stage))
    assert not has_closed()
    gate.set()
    wait_until(has_closed)
    assert stage.hookline.task(id)["result"] == "done"


def is_refused(stage: Stage) -> bool:
    """Creates a task, and returns whether the receiver refuses it."""
    id = stage.create("/work").ids["a"]
    wait_until(lambda: stage.hookline.task(id)["status"] in ("Running", "Failure"))
    return "answered 503" in str(stage.hookline.task(id)["failure_reason"])


def test_more_jobs_than_handlers_run_in_turn(asgi_stage: Stage) -> None:
    running: list[int] = []
    lock, now = threading.Lock(), [0]

    @asgi_stage.serve(concurrency=3).start("/work")
    def work(job: Job) -> None:
        with lock:
            now[0] += 1
            running.append(now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1

    graph = Graph()
    for n in range(12):
        graph.task(str(n), kind="test", on_start=asgi_stage.action("/work"))
    created = asgi_stage.hookline.create(graph)
    stats = asgi_stage.hookline.wait_for_batch(created.batch_id, timeout=60)
    assert stats["status_counts"]["success"] == 12
    assert max(running) == 3
