"""The example, as a process that is ended in several ways."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from conftest import SECRET, TOKEN, eventually, wait_until
from front import Front

from hookline import Hookline

FOLDER = Path(__file__).parent.parent / "examples"
Process = subprocess.Popen[str]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def run(front: Front) -> Iterator[Callable[[int], Process]]:
    processes: list[Process] = []

    def start(port: int) -> Process:
        env = {**os.environ, "HOOKLINE_URL": front.url, "AUTH_TOKEN": TOKEN, "WEBHOOK_SIGNING_SECRET": SECRET}
        command = ["-m", "uvicorn", "--app-dir", str(FOLDER), "--port", str(port), "--log-level", "warning", "app:app"]
        process = subprocess.Popen(
            [sys.executable, *command],
            env={**env, "PUBLIC_URL": f"http://127.0.0.1:{port}"},
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)

        def check() -> None:
            with socket.socket() as one:
                assert one.connect_ex(("127.0.0.1", port)) == 0

        eventually(check)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_the_example_runs_a_graph_and_completes_its_work_when_it_is_stopped(
    run: Callable[[int], Process], hookline: Hookline
) -> None:
    port = free_port()
    process = run(port)
    url = f"http://127.0.0.1:{port}/releases"
    name = str(uuid4())
    batch_id = release(url, name)
    assert release(url, name) == batch_id
    ended = httpx.get(f"{url}/{batch_id}", timeout=60).json()
    assert ended["stats"]["total_success"] == 10
    assert ended["results"] == {"build": {"files": 10}, "deploy": {"deployed": 10}}
    nothing = release(url, str(uuid4()), files=0)
    wait_until(lambda: hookline.batch(nothing)["status_counts"]["failure"] == 1)
    second = release(url, str(uuid4()), files=5)
    wait_until(lambda: hookline.batch(second)["total_success"] > 0)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    assert f"released: {batch_id}" in output
    assert hookline.results(second) == {"build": {"files": 5}}


def test_work_of_a_process_that_is_killed_is_done_by_the_next_attempt(
    run: Callable[[int], Process], hookline: Hookline
) -> None:
    port = free_port()
    process = run(port)
    batch_id = release(f"http://127.0.0.1:{port}/releases", str(uuid4()))
    wait_until(lambda: hookline.batch(batch_id)["total_success"] > 0)
    process.kill()
    process.wait()
    run(port)
    hookline.wait_for_batch(batch_id, timeout=60)
    assert hookline.results(batch_id) == {"build": {"files": 10}, "deploy": {"deployed": 10}}
    build = next(task for task in hookline.tasks(batch_id=batch_id) if task["local_id"] == "build")
    assert build["attempt"] > 1


def release(url: str, name: str, **query: Any) -> str:
    answer = httpx.post(f"{url}/{name}", params=query, timeout=30)
    batch_id: str = answer.json()["batch_id"]
    return batch_id
