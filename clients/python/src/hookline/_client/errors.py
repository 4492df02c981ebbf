"""Errors of requests."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

_FAULT = re.compile(r"([\w.\[\]]+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """A fault in one field of a request."""

    message: str
    field: str | None = None
    """Path of the field, e.g. `tasks[3].timeout`; None if the fault concerns the whole request."""


class HooklineError(Exception):
    """A request that the service has refused, or that got no answer."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        details: tuple[str, ...] = (),
        current_status: str | None = None,
        current_attempt: int | None = None,
        retry_after_secs: float | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}" if status else f"{title}: {detail}")
        self.status = status
        """HTTP status; 0 if there was no answer. 409: the current status or attempt does not allow the request."""
        self.title = title
        """Name of the status."""
        self.detail = detail
        """Explanation for people."""
        self.details = details
        """One sentence for each fault of an invalid request."""
        self.current_status = current_status
        """With 404 and 409: the status of a task that exists but does not accept the request."""
        self.current_attempt = current_attempt
        """With 409: the number of the task's current attempt."""
        self.retry_after_secs = retry_after_secs
        """Time to wait before the next try as requested by the service, in seconds."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults of an invalid request, with their fields."""
        return tuple(_fault_of(sentence) for sentence in self.details)

    @property
    def field(self) -> str | None:
        """The first faulty field, if any."""
        return next((fault.field for fault in self.faults if fault.field), None)

    @property
    def is_temporary(self) -> bool:
        """Whether a retry may succeed: the service was unavailable or busy, or the same request is in flight."""
        if self.status == 409:
            return self.retry_after_secs is not None
        return self.status in (0, 408, 429) or self.status >= 500


def error_of(response: httpx.Response) -> HooklineError:
    """Returns the error for an unsuccessful answer, whose body has been read."""
    problem = _problem_of(response)
    details = problem.get("details")
    return HooklineError(
        response.status_code,
        str(problem.get("title") or response.reason_phrase),
        str(problem.get("detail") or "No reason given"),
        details=tuple(map(str, details)) if isinstance(details, list) else (),
        current_status=problem.get("current_status"),
        current_attempt=problem.get("current_attempt"),
        retry_after_secs=_retry_after(response.headers.get("retry-after")),
    )


def error_of_item(result: Mapping[str, Any]) -> HooklineError:
    """Returns the error for one report of many that was not accepted."""
    status = result["status"]
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Refused"
    return HooklineError(
        status,
        title,
        result.get("error") or "No reason given",
        current_status=result.get("current_status"),
        current_attempt=result.get("current_attempt"),
    )


def no_answer(reason: Exception) -> HooklineError:
    """Returns the error for a request without an answer."""
    return HooklineError(0, "No answer", str(reason) or type(reason).__name__)


def _problem_of(response: httpx.Response) -> dict[str, Any]:
    """Returns the problem document, or an empty one if a proxy has answered in another format."""
    try:
        problem = json.loads(response.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def _fault_of(sentence: str) -> Fault:
    match = _FAULT.fullmatch(sentence)
    return Fault(match[2], match[1]) if match else Fault(sentence)


def _retry_after(value: str | None) -> float | None:
    """Parses seconds or a date."""
    if not value:
        return None
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
