"""
A FastAPI application that creates graphs, and does the work of their tasks. Run it beside Hookline:

    pip install ./clients/python fastapi uvicorn
    uvicorn --app-dir clients/python/examples --port 8090 app:app
    curl -X POST http://localhost:8090/releases/7

HOOKLINE_URL is the address of Hookline (http://localhost:8085), PUBLIC_URL where Hookline reaches this application
(http://127.0.0.1:8090). AUTH_TOKEN and WEBHOOK_SIGNING_SECRET are those of Hookline, if it has them.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from hookline import AsyncHookline, AsyncJob, Graph, Job, NonRetryable, Notification, Receiver, webhook
from hookline.types import BatchStats, Json

HOOKLINE_URL = os.environ.get("HOOKLINE_URL", "http://localhost:8085")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8090")

hookline = AsyncHookline(HOOKLINE_URL, token=os.environ.get("AUTH_TOKEN"))
receiver = Receiver(secrets=os.environ.get("WEBHOOK_SIGNING_SECRET") or False, url=PUBLIC_URL, heartbeat_secs=0.3)


@receiver.start("/build")
async def build(job: AsyncJob) -> dict[str, Json]:
    """Builds files; if the task is canceled, the next `await` raises `CancelledError`."""
    files = job.body["files"]
    for _ in range(files):
        await asyncio.sleep(0.1)
        job.progress()
    return {"files": files}


@receiver.start("/deploy")
def deploy(job: Job) -> dict[str, Json]:
    """Runs in a thread, so it may block. Its action asks for the results of the parents."""
    assert job.context
    built = job.context["parents"]["build"]["result"]
    if built["files"] == 0:
        raise NonRetryable("There is nothing to deploy")
    time.sleep(0.2)
    return {"deployed": built["files"]}


@receiver.notification("/released")
async def released(notification: Notification) -> None:
    print("released:", notification.batch_id, flush=True)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    # Completes running work, and reports it.
    await receiver.aclose()
    await hookline.aclose()


app = FastAPI(lifespan=lifespan)
app.mount("/hooks", receiver.asgi)


@app.post("/releases/{name}")
async def release(name: str, files: int = 10) -> dict[str, str]:
    """Creates a graph: `build`, then `deploy`."""
    graph = Graph(scope=name, on_batch_complete=[webhook(f"{PUBLIC_URL}/hooks/released")])
    build = graph.task(
        "build",
        kind="build",
        expected_count=files,
        timeout=1,
        retry={"max_attempts": 10, "delay_secs": 1, "max_delay_secs": 1},
        on_start=webhook(f"{PUBLIC_URL}/hooks/build", body={"files": files}),
    )
    graph.task(
        "deploy",
        kind="deploy",
        requires=[build],
        on_start=webhook(f"{PUBLIC_URL}/hooks/deploy", context=True),
    )
    created = await hookline.create(graph, idempotency_key=f"release-{name}")
    return {"batch_id": created.batch_id, "see": f"{HOOKLINE_URL}/view?batch={created.batch_id}"}


@app.get("/releases/{batch_id}")
async def wait(batch_id: str) -> dict[str, BatchStats | Json]:
    """Waits for the end of a release, and returns its results."""
    stats = await hookline.wait_for_batch(batch_id, timeout=60)
    return {"stats": stats, "results": await hookline.results(batch_id)}
