"""What a failure says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import Report

MAX_PAUSE_SECS = 604_800
"""The longest pause that the service accepts: a week."""
_MAX_REASON_CHARS = 65_536
_NO_REASON = "The work failed without a reason"


class NonRetryable(Exception):
    """Raised by a handler, or passed to `job.fail()`: the task ends with failure, although attempts may be left."""


class RetryAfter(Exception):
    """Raised by a handler, or passed to `job.fail()`: the attempt fails, and the next one follows after this pause."""

    def __init__(self, message: str, seconds: float) -> None:
        """The pause replaces that of the retry policy; it is rounded up, and at most a week."""
        super().__init__(message)
        self.seconds = min(max(math.ceil(seconds), 0), MAX_PAUSE_SECS)


def failure(reason: object) -> Report:
    """Returns the report of a failure for anything raised."""
    report: Report = {"status": "Failure", "failure_reason": reason_of(reason)}
    if isinstance(reason, NonRetryable):
        report["retry"] = False
    elif isinstance(reason, RetryAfter):
        report["retry_after_secs"] = reason.seconds
    return report


def reason_of(reason: object) -> str:
    """
    Returns a failure reason that the service accepts: not blank, of limited length, without U+0000 and half characters.
    """
    try:
        text = str(reason)
    except Exception:  # A faulty `__str__` must not lose the failure.
        text = ""
    if isinstance(reason, BaseException) and not text.strip():
        text = type(reason).__name__
    sound = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:_MAX_REASON_CHARS]
    # The service takes a byte order mark for blank, Python does not.
    return sound if sound.replace("\ufeff", "").strip() else _NO_REASON
