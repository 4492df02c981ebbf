"""The types beside the API document, so that neither gets a field alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hookline import types

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[3] / "openapi.json").read_text())


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema or schema.get("type") == "array" or "allOf" in schema:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = schema["items"] if "items" in schema else schema["allOf"][0]
    return schema


def operation(name: str) -> dict[str, Any]:
    method, path = name.split(" ")
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def answer(name: str, *fields: str) -> set[str]:
    """Returns the fields of the answer of an operation, or of what these fields have."""
    responses = operation(name)["responses"]
    content = next(responses[status]["content"] for status in sorted(responses) if "content" in responses[status])
    return properties(content["application/json"]["schema"], fields)


def body(name: str, *fields: str, choice: int = -1) -> set[str]:
    schema = operation(name)["requestBody"]["content"]["application/json"]["schema"]
    return properties(next((schema[one][choice] for one in ("oneOf", "anyOf") if one in schema), schema), fields)


def properties(schema: dict[str, Any], fields: tuple[str, ...]) -> set[str]:
    schema = resolve(schema)
    for field in fields:
        schema = resolve(schema["properties"][field])
        schema = resolve(next((one for one in schema.get("oneOf", schema.get("anyOf", [])) if "$ref" in one), schema))
    return set(schema["properties"])


def query(name: str) -> set[str]:
    return {one["name"] for one in operation(name)["parameters"] if one["in"] == "query"}


# Names that only ArcRun knew.
OLD = {"max_concurency"}
DELIVERIES = "GET /webhook-deliveries"


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (types.Task, answer("GET /task/{id}")),
        (types.TaskSummary, answer("POST /task")),
        (types.ListedTask, answer("GET /task")),
        (types.TaskAction, answer("GET /task/{id}", "actions")),
        (types.Why, answer("GET /task/{id}/why")),
        (types.Reason, answer("GET /task/{id}/why", "reasons")),
        (types.NamedTask, answer("GET /task/{id}/why", "reasons", "tasks")),
        (types.Attempt, answer("GET /task/{id}/attempts")),
        (types.BatchStats, answer("GET /batch/{batch_id}")),
        (types.StatusCounts, answer("GET /batch/{batch_id}", "status_counts")),
        (types.BatchSummary, answer("GET /batches")),
        (types.Dag, answer("GET /dag/{batch_id}")),
        (types.GraphLink, answer("GET /dag/{batch_id}", "links")),
        (types.Stopped, answer("DELETE /batch/{batch_id}")),
        (types.RulesUpdated, answer("PATCH /batch/{batch_id}/rules")),
        (types.Rerun, answer("POST /batch/{batch_id}/rerun")),
        (types.RerunTask, answer("POST /batch/{batch_id}/rerun", "tasks")),
        (types.BulkResults, answer("PATCH /task")),
        (types.BulkResult, answer("PATCH /task", "results")),
        (types.Schedule, answer("GET /schedule/{name}")),
        (types.ScheduleSummary, answer("GET /schedule")),
        (types.Firing, answer("POST /schedule/{name}/run")),
        (types.Delivery, answer(DELIVERIES)),
        (types.DeliveryDetail, answer(f"{DELIVERIES}/{{id}}")),
        (types.DeliveryRequest, answer(f"{DELIVERIES}/{{id}}", "request")),
        (types.DeliveryAttempt, answer(f"{DELIVERIES}/{{id}}", "attempt_log")),
        (types.DeliveryWait, answer(f"{DELIVERIES}/{{id}}", "waits_for")),
        (types.AuditEntry, answer("GET /audit-log")),
        (types.AuditFilter, query("GET /audit-log")),
        (types.Replayed, answer("POST /webhook-deliveries/replay")),
        (types.BatchRequest, body("POST /task")),
        (types.TaskRequest, body("POST /batch/{batch_id}/task", "tasks")),
        (types.Action, body("POST /task", "tasks", "on_start")),
        (types.WebhookParams, body("POST /task", "tasks", "on_start", "params")),
        (types.Group, body("POST /task", "tasks", "on_start", "group")),
        (types.RetryPolicy, body("POST /task", "tasks", "retry")),
        (types.Rule, body("POST /task", "tasks", "rules")),
        (types.Matcher, body("POST /task", "tasks", "rules", "matcher")),
        (types.Link, body("POST /task", "tasks", "dependencies")),
        (types.Report, body("PATCH /task/{id}", choice=0)),
        (types.Increment, body("PUT /task/{id}")),
        (types.BulkReport, body("PATCH /task")),
        (types.BulkIncrement, body("PUT /task")),
        (types.ScheduleOptions, body("PUT /schedule/{name}") - {"cron", "batch"}),
        (types.TaskFilter, query("GET /task")),
        (types.BatchFilter, query("GET /batches")),
        (types.DeliveryFilter, query(DELIVERIES)),
        (types.ScheduleFilter, query("GET /schedule")),
        # Its status can only be `exhausted`.
        (types.ReplayFilter, query("POST /webhook-deliveries/replay") - {"status"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_form_has_the_fields_of_the_api_document(form: Any, fields: set[str]) -> None:
    assert set(all_fields(form)) == fields - OLD


def all_fields(form: Any) -> dict[str, Any]:
    # A TypedDict has the fields of its bases as well.
    fields: dict[str, Any] = form.__annotations__
    return fields
