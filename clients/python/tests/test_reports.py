"""Reports of the receiver kit, and what ends its work."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from conftest import Stage, wait_until

from hookline import AsyncJob, Graph, Job
from hookline.types import Report

STYLES = ["", "-async"]


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
