"""The calls of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlencode

from .handle import Handle, parse_handle
from .signature import Verify

if TYPE_CHECKING:
    from ..types import Context, Json

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The default limit of the service for requests that create tasks."""
# The first attempt has no part of the key.
_TASK = re.compile(r"([\da-f-]{36}):(?:attempt-(\d{1,9}):)?(?:(start|cancel)|end:(success|failure))(?::.*)?", re.DOTALL)
_BATCH = re.compile(r"batch:([\da-f-]{36}):complete(?::.*)?", re.DOTALL)
_HOST = re.compile(r"(?:[\w.-]+|\[[\d.:a-f]+\])(?::\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Incoming:
    """A request to this receiver, as ASGI and WSGI have it."""

    scheme: str
    path: str
    """Path below the mount."""
    full_path: str
    """Whole path, encoded as in the request."""
    query: str
    headers: Mapping[str, str]
    """Names are in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Call:
    """A call of the service."""

    key: str
    """Idempotency key: a call with a known key is a repetition."""
    event: Literal["start", "cancel", "success", "failure", "complete"]
    batch_id: str
    """Id of the task's batch, or of the completed batch."""
    body: Json
    """Body of the action: JSON, or text if its content type is not JSON; None without a body."""
    query: list[tuple[str, str]]
    """Query of the action's URL."""
    headers: Mapping[str, str] = field(repr=False)
    address: str | None
    """URL of this call without the handle; None if the request has no valid Host header."""
    handle: Handle | None = None
    """None if the call is about a batch."""

    @property
    def task_id(self) -> str | None:
        return self.handle.task_id if self.handle else None

    @property
    def context(self) -> Context | None:
        """The task and the results of its parents, if the action has `context: true`."""
        context = self.body.get("hookline") if isinstance(self.body, dict) else None
        task = context.get("task") if isinstance(context, dict) else None
        return context if self.handle and isinstance(task, dict) and task.get("id") == self.handle.task_id else None


class NotACall(Exception):
    """A request that is not a call of the service; it is answered with the status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Trust:
    """Settings by which calls are verified."""

    verify: Verify | None
    """None if calls are not signed."""
    service: str | None
    """Address that every handle leads to."""
    origin: str | None
    """Address of this receiver without the path; default: the Host header."""


@dataclass(frozen=True)
class Exchange:
    """The calls of one request: one, or a group."""

    calls: list[Call]
    is_group: bool


def read_calls(request: Incoming, trust: Trust) -> Exchange:
    """
    Reads and verifies the calls of a request. Event, id and attempt come from the keys, because the signature covers
    them.

    :raises NotACall: if it has none.
    """
    headers = request.headers
    if trust.verify and not trust.verify(headers, request.body):
        raise NotACall(401, "The signature is missing, wrong or too old")
    key = headers.get("webhook-id" if trust.verify else "idempotency-key", "")
    all_query = parse_qsl(request.query, keep_blank_values=True)
    query = [(name, value) for name, value in all_query if name != "handle"]
    shared = _Shared(trust.service, _address(request, query, trust.origin), query, headers)
    body = _parse(headers, request.body)
    if not key.startswith("group:"):
        handle = next((value for name, value in all_query if name == "handle"), "")
        entry = {"key": key, "body": body, "handle": handle, "batch_id": headers.get("x-batch-id", "")}
        return Exchange([shared.call(entry)], False)
    entries = body.get("calls") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        raise NotACall(400, "A group without calls")
    return Exchange([shared.call(entry if isinstance(entry, dict) else {}) for entry in entries], True)


@dataclass(frozen=True)
class _Shared:
    """What the calls of one request have in common."""

    service: str | None
    address: str | None
    query: list[tuple[str, str]]
    headers: Mapping[str, str]

    def call(self, entry: Mapping[str, Any]) -> Call:
        """Returns the call for an entry of a group, or for the parts of a request."""
        key = str(entry.get("key", ""))
        trace = entry.get("traceparent")
        headers = self.headers if trace is None else {**self.headers, "traceparent": str(trace)}
        body = entry.get("body")
        if batch := _BATCH.fullmatch(key):
            return Call(key, "complete", batch[1], body, self.query, headers, self.address)
        task = _TASK.fullmatch(key)
        if not task:
            raise NotACall(400, "Not a call of Hookline")
        event: Any = task[3] or task[4]
        handle = parse_handle(str(entry.get("handle", "")))
        if (
            handle is None
            or (handle.task_id, handle.attempt) != (task[1], int(task[2] or 1))
            or (self.service is not None and not handle.leads_to(self.service))
        ):
            raise NotACall(400, "The handle does not belong to this attempt at this task")
        batch_id = str(entry.get("batch_id", ""))
        return Call(key, event, batch_id, body, self.query, headers, self.address, handle)


def _address(request: Incoming, query: list[tuple[str, str]], origin: str | None) -> str | None:
    host = request.headers.get("host", "")
    if origin is None and not _HOST.fullmatch(host):
        return None
    base = f"{request.scheme}://{host}" if origin is None else origin.rstrip("/")
    return base + request.full_path + (f"?{urlencode(query)}" if query else "")


def _parse(headers: Mapping[str, str], content: bytes) -> Json:
    if len(content) > MAX_BODY_BYTES:
        raise NotACall(413, f"The body is larger than {MAX_BODY_BYTES} bytes")
    if not content:
        return None
    if "json" not in headers.get("content-type", ""):
        return content.decode("utf-8", "replace")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise NotACall(400, "The body is not JSON") from None
