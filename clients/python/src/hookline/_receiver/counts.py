"""Progress."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..types import Increment

_MAX_COUNT = 2**31 - 1
"""Limit of the service for one report."""


class Counts:
    """Progress that is not reported yet. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._success = 0
        self._failures = 0

    def add(self, success: int, failures: int) -> None:
        """:raises ValueError: if a count is not an integer from 0 to 2147483647."""
        for count in (success, failures):
            if not isinstance(count, int) or not 0 <= count <= _MAX_COUNT:
                raise ValueError(f"Progress must be an integer from 0 to {_MAX_COUNT}")
        with self._lock:
            self._success += success
            self._failures += failures

    def give_back(self, increment: Increment) -> None:
        """Adds counts that could not be reported."""
        self.add(increment.get("new_success", 0), increment.get("new_failures", 0))

    def take(self) -> Increment:
        """
        Returns the unreported counts without zeros, and resets them; what exceeds the limit stays for the next time.
        """
        with self._lock:
            success, failures = min(self._success, _MAX_COUNT), min(self._failures, _MAX_COUNT)
            self._success -= success
            self._failures -= failures
        increment: Increment = {}
        if success:
            increment["new_success"] = success
        if failures:
            increment["new_failures"] = failures
        return increment
