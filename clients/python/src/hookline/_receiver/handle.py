"""Handles."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Handle:
    """The parts of the URL for reports on one attempt at a task."""

    url: str = field(repr=False)
    service: str
    """Address of the service, with its path."""
    task_id: str
    attempt: int
    token: str | None = field(repr=False)
    """None if the service needs none."""

    def leads_to(self, service: str) -> bool:
        """Whether the handle is one of the service with this address."""
        return self.service == service.rstrip("/")


def parse_handle(url: str) -> Handle | None:
    """Returns the parts of a handle, or None if the URL is not one."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        attempt = int(query.get("attempt", ["1"])[0])
        host = parts.hostname
    except ValueError:
        return None
    path, _, task_id = parts.path.rpartition("/task/")
    if not host or parts.scheme not in ("http", "https") or not task_id or "/" in task_id:
        return None
    token = query.get("token", [None])[0]
    return Handle(url, f"{parts.scheme}://{parts.netloc}{path}", task_id, attempt, token)
