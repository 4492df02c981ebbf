"""Parts that need no service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hookline import Graph, HooklineError, RetryAfter, webhook
from hookline._client.backoff import pause_before
from hookline._client.events import Message, Parser
from hookline._receiver.reporter import is_over, is_worth_a_retry

ON_START = webhook("http://127.0.0.1:9/start")
UUID = "01a20385-0579-772d-b781-92370a992fbd"


def test_a_graph_is_written_as_the_service_expects_it() -> None:
    graph = Graph(scope="shop", metadata=None)
    a = graph.task("a", kind="test", on_start=ON_START)
    graph.task("b", kind="test", name="The second", delay_secs=60, retry={"max_attempts": 3}, on_start=ON_START)
    graph.task("c", kind="test", requires=[a, UUID], after=["b"], before=["reduce"], on_start=ON_START)
    first = {
        "kind": "test",
        "on_start": {"kind": "Webhook", "params": {"url": "http://127.0.0.1:9/start", "verb": "Post"}},
    }
    assert graph.to_json() == {
        "scope": "shop",
        "metadata": None,
        "tasks": [
            {**first, "id": "a", "name": "a"},
            {**first, "id": "b", "name": "The second", "delay_secs": 60, "retry": {"max_attempts": 3}},
            {
                **first,
                "id": "c",
                "name": "c",
                "dependencies": [
                    {"id": "a", "requires_success": True},
                    {"id": UUID, "requires_success": True},
                    {"id": "b", "requires_success": False},
                ],
                "before": [{"id": "reduce", "requires_success": False}],
            },
        ],
    }
    action = webhook("http://a", verb="Put", body=[], headers={"a": "b"}, group={"max_size": 2}, context=True)
    assert action == {
        "kind": "Webhook",
        "params": {"url": "http://a", "verb": "Put", "body": [], "headers": {"a": "b"}},
        "group": {"max_size": 2},
        "context": True,
    }


def test_a_graph_refuses_what_it_cannot_be() -> None:
    graph = Graph()
    a = graph.task("a", kind="test", on_start=ON_START)
    other = Graph().task("a", kind="test", on_start=ON_START)
    faults: list[tuple[str, str, Any]] = [
        ('There is a task "a" already', "a", {}),
        ("A task needs a local id", "", {}),
        ('"b" depends on "bad"', "b", {"requires": ["bad"]}),
        ('"b" depends on "b"', "b", {"after": ["b"]}),
        ('"b" depends on "a" of another graph', "b", {"requires": [other]}),
        ('"b" names "a" twice', "b", {"requires": [a], "after": ["a"]}),
        (f'"b" names "{UUID}" twice', "b", {"required_by": [UUID], "before": [UUID]}),
        ("needs a zone", "b", {"run_at": datetime(2026, 1, 1)}),
    ]
    for message, id, spec in faults:
        with pytest.raises(ValueError, match=message):
            graph.task(id, kind="test", on_start=ON_START, **spec)
    assert [task["id"] for task in graph.to_json()["tasks"]] == ["a"]


def test_events_are_read_however_they_are_cut() -> None:
    stream = "event: ready\r\ndata: {}\r\nid: 1\r\n\r\n: heartbeat\nid: 2\n\n"
    stream += 'event: task\ndata: {"name": "a\u2028\u0085b"}\n\n'
    expected = [Message("ready", "{}", "1"), Message("", "", "2"), Message("task", '{"name": "a\u2028\u0085b"}', None)]
    content = stream.encode()
    for size in (1, 2, 7, len(content)):
        parser = Parser()
        pieces = [content[at : at + size] for at in range(0, len(content), size)]
        assert [message for piece in pieces for message in parser.feed(piece)] == expected


def test_pauses_grow_respect_the_service_and_end() -> None:
    away = HooklineError(0, "No answer", "x")
    assert [0.1 <= pause_before(n, away) <= min(10.1, 0.1 + 0.2 * 2**n) for n in range(40)] == [True] * 40
    assert 7 < pause_before(0, HooklineError(503, "x", "x", retry_after_secs=7)) < 8
    assert pause_before(0, HooklineError(503, "x", "x", retry_after_secs=1e9)) < 61
    assert [RetryAfter("", secs).seconds for secs in (-1, 0.1, 1e9)] == [0, 1, 604_800]


def test_reports_know_when_an_attempt_is_over() -> None:
    def outcome(status: int, current_status: str | None = None, retry_after_secs: float | None = None) -> str:
        error = HooklineError(status, "x", "x", current_status=current_status, retry_after_secs=retry_after_secs)
        return "over" if is_over(error) else "again" if is_worth_a_retry(error) else "refused"

    assert [outcome(status) for status in (0, 408, 429, 500, 503)] == ["again"] * 5
    assert [outcome(404, current) for current in ("Waiting", "Pending", "Paused")] == ["again"] * 3
    assert [outcome(404, current) for current in (None, "Success", "Failure", "Canceled")] == ["over"] * 4
    assert [outcome(409), outcome(409, "Running", 1)] == ["over"] * 2
    assert [outcome(status) for status in (400, 401, 403, 413)] == ["refused"] * 4
