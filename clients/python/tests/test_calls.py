"""What a receiver makes of single calls, whoever they are from."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from wsgiref.util import shift_path_info

import httpx
import pytest
from conftest import SECRET, Stage, asgi_server, wait_until, wsgi_server
from fastapi import FastAPI

from hookline import AsyncJob, Job, Receiver

CLIENT = httpx.Client(timeout=30)
OTHER_SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"


def sign(key: str, content: bytes, secret: str = SECRET, at: float = 0) -> dict[str, str]:
    """Returns the headers with which Hookline signs a call."""
    timestamp = str(int(time.time() + at))
    signed = f"{key}.{timestamp}.".encode() + content
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        "idempotency-key": key,
        "content-type": "application/json",
    }


def call(
    stage: Stage, key: str, *, path: str = "/work", body: Any = None, handle: str | None = None, **changes: str
) -> httpx.Response:
    """Makes a call as Hookline does."""
    content = b"" if body is None else json.dumps(body).encode()
    id, _, rest = key.partition(":")
    attempt = f"?attempt={rest[8:].split(':')[0]}" if rest.startswith("attempt-") else ""
    query = quote(f"{stage.front.url}/task/{id}{attempt}" if handle is None else handle, safe="")
    headers = [(name.encode(), value.encode("latin-1")) for name, value in {**sign(key, content), **changes}.items()]
    return CLIENT.post(f"{stage.url}{path}?x=1&handle={query}", headers=headers, content=content)


def test_a_call_is_handled_once_however_often_it_comes(stage: Stage) -> None:
    runs: list[str] = []
    gate = threading.Event()

    @stage.serve().start("/work")
    def work(job: Job) -> None:
        runs.append(job.key)
        gate.wait()

    key = f"{uuid4()}:start"
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: call(stage, key), range(20)))
    gate.set()
    assert runs == [key]
    assert {answer.status_code for answer in answers} == {200}
    # The cancel action goes to the address of the call, without the handle.
    assert [answer.json()["params"] for answer in answers] == [{"url": f"{stage.url}/work?x=1", "verb": "Post"}] * 20
    assert call(stage, key).json() == answers[0].json()
    assert runs == [key]


def test_calls_that_are_not_genuine_are_refused(asgi_stage: Stage) -> None:
    runs: list[str] = []
    asgi_stage.serve(secrets=[OTHER_SECRET, SECRET]).start("/work")(lambda job: runs.append(job.key))
    id = uuid4()
    key = f"{id}:start"
    old, ahead = sign(key, b"", at=-301)["webhook-timestamp"], sign(key, b"", at=301)["webhook-timestamp"]
    for changes in (
        {"webhook-signature": f"v1,{base64.b64encode(bytes(32)).decode()}"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,caf\u00e9".encode().decode("latin-1")},
        {"webhook-timestamp": old},
        {"webhook-timestamp": ahead},
        {"webhook-timestamp": "\u0661".encode().decode("latin-1")},
        {"webhook-id": f"{uuid4()}:start"},
        sign(key, b"", at=-301),
        sign(key, b"other"),
    ):
        assert call(asgi_stage, key, **changes).status_code == 401
    assert call(asgi_stage, key, handle="").status_code == 400
    for handle in (
        f"{asgi_stage.front.url}/task/{uuid4()}",
        f"{asgi_stage.front.url}/task/{id}?attempt=2",
        f"http://127.0.0.1:9/task/{id}",
        f"{asgi_stage.front.url}@127.0.0.1:9/task/{id}",
        f"{asgi_stage.front.url}.evil.example/task/{id}",
        f"{asgi_stage.front.url}/x/task/{id}",
        "not a URL",
        "http://[",
    ):
        assert call(asgi_stage, key, handle=handle).status_code == 400
    assert call(asgi_stage, "something else").status_code == 400
    assert call(asgi_stage, key, path="/unknown").status_code == 404
    broken = {**sign("group:x", b"{"), "content-type": "application/json"}
    assert CLIENT.post(f"{asgi_stage.url}/work", headers=broken, content=b"{").status_code == 400
    bodies: list[Any] = [None, [], {"calls": 7}, {"calls": [7]}]
    for body in bodies:
        assert call(asgi_stage, "group:x", body=body).status_code == 400
    assert runs == []
    several = f"v1,xx v2,yy {sign(key, b'', OTHER_SECRET)['webhook-signature']}"
    assert call(asgi_stage, key, **{"webhook-signature": several}).status_code == 200
    assert runs == [key]


def test_an_attempt_that_begins_late_is_refused_and_an_early_one_is_canceled(asgi_stage: Stage) -> None:
    jobs: list[Job] = []

    @asgi_stage.serve().start("/work")
    def work(job: Job) -> None:
        jobs.append(job)
        job.canceled.wait(20)

    id = uuid4()
    assert call(asgi_stage, f"{id}:attempt-2:start").status_code == 200
    assert call(asgi_stage, f"{id}:start").status_code == 409
    assert call(asgi_stage, f"{id}:cancel").json() == {}
    assert not jobs[0].canceled.is_set()
    assert call(asgi_stage, f"{id}:attempt-3:start").status_code == 200
    wait_until(lambda: [job.canceled.is_set() for job in jobs] == [True, False])
    call(asgi_stage, f"{id}:attempt-3:cancel")
    wait_until(lambda: jobs[1].canceled.is_set())


def test_a_task_that_is_canceled_before_its_turn_never_runs(asgi_stage: Stage) -> None:
    runs: list[str] = []
    gate = threading.Event()

    @asgi_stage.serve(concurrency=1).start("/work")
    def work(job: Job) -> None:
        runs.append(job.key)
        gate.wait()

    first, second = uuid4(), uuid4()
    call(asgi_stage, f"{first}:start")
    call(asgi_stage, f"{second}:start")
    call(asgi_stage, f"{second}:cancel")
    gate.set()
    asgi_stage.close()
    assert runs == [f"{first}:start"]


def below_a_path(receiver: Receiver, kind: str) -> Any:
    """Mounts a receiver as frameworks do."""
    if kind == "asgi":
        app = FastAPI()
        app.mount("/hooks", receiver.asgi)
        return asgi_server(app)

    def wsgi(environ: dict[str, Any], start_response: Any) -> Any:
        shift_path_info(environ)
        return receiver.wsgi(environ, start_response)

    return wsgi_server(wsgi)


def test_a_receiver_is_mounted_below_a_path(stage: Stage) -> None:
    ended: list[str] = []

    @stage.receiver.start("/work")
    async def work(job: AsyncJob) -> None:
        await asyncio.sleep(0.1)
        ended.append(job.key)

    with below_a_path(stage.receiver, stage.kind) as url:
        stage.url = f"{url}/hooks"
        key = f"{uuid4()}:start"
        assert call(stage, key).json()["params"]["url"] == f"{url}/hooks/work?x=1"
        assert call(stage, key, path="/unknown").status_code == 404
        wait_until(lambda: ended == [key])


def test_no_token_is_logged(asgi_stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    gate = threading.Event()

    @asgi_stage.serve().start("/work")
    def work(job: Job) -> None:
        gate.wait()
        job.progress()

    id = asgi_stage.start("/work")
    gate.set()
    asgi_stage.until(id, status="Success")
    wait_until(lambda: "PATCH" in caplog.text)
    assert id in caplog.text
    assert "token=" not in caplog.text


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"secrets": ""}, "secrets"),
        ({"secrets": "whsec_c2hvcnQ="}, "secrets"),
        ({"secrets": ["whsec_not base64 at all, not even nearly so"]}, "secrets"),
        ({"secrets": []}, "secrets"),
        ({"service": "localhost"}, "service"),
        ({"url": "/hooks"}, "url"),
        ({"concurrency": 0}, "concurrency"),
        ({"heartbeat_secs": 0}, "heartbeat_secs"),
    ],
)
def test_it_finds_faults_at_construction(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}: "):
        Receiver(**{"secrets": False, **options})


def test_handlers_have_paths_of_their_own() -> None:
    receiver = Receiver(secrets=False)
    receiver.start("/work")(lambda job: None)
    for register in (receiver.start, receiver.notification):
        with pytest.raises(ValueError, match="path"):
            register("work")
    with pytest.raises(ValueError, match="already"):
        receiver.start("/work")
