"""Values that several forms have."""

from typing import Any, Literal

Json = Any
"""Any JSON: None, bool, int, float, str, list, or dict with keys of str."""
TaskStatus = Literal["Waiting", "Pending", "Claimed", "Running", "Paused", "Success", "Failure", "Canceled"]
Verb = Literal["Get", "Post", "Put", "Patch", "Delete"]
