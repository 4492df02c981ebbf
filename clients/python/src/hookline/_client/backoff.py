"""Pauses between tries."""

import random

from .errors import HooklineError

_FIRST_PAUSE_SECS = 0.2
_LONGEST_PAUSE_SECS = 10.0


def pause_before(retry: int, error: HooklineError, longest_asked_secs: float = 60.0) -> float:
    """
    Returns the pause in seconds before a retry; the first has the number 0. It is random, so that those who lost the
    service together do not return together. A longer `Retry-After` than `longest_asked_secs` is cut.
    """
    longest = min(_LONGEST_PAUSE_SECS, _FIRST_PAUSE_SECS * 2.0 ** min(retry, 16))
    asked = min(error.retry_after_secs or 0.0, longest_asked_secs)
    return asked + _FIRST_PAUSE_SECS / 2 + random.uniform(0, longest)
