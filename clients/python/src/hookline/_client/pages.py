"""Lists, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, TypeVar

from .session import Session

T = TypeVar("T", bound=Mapping[str, Any])

_PAGE_SIZE = 100


async def all_pages(
    session: Session, path: str, query: Mapping[str, Any], id_of: Callable[[T], str]
) -> AsyncGenerator[T, None]:
    """Yields the items of all pages from the one in the query on, or from the first."""
    number = query.get("page", 0)
    size = query.get("page_size", _PAGE_SIZE)
    seen: set[str] = set()
    length = 1
    while True:
        page: list[T] = await session.json("GET", path, query={**query, "page": number, "page_size": size})
        for item in page:
            # Items that were created meanwhile move others to the next page.
            if id_of(item) not in seen:
                yield item
        # The service may return fewer than asked for on each page, but not fewer than before unless this is the last.
        if len(page) < length or not page:
            return
        seen, length, number = set(map(id_of, page)), len(page), number + 1
