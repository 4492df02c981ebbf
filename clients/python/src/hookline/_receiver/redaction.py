"""What logs must not show."""

import logging

import httpx


def _hide_query(record: logging.LogRecord) -> bool:
    """Replaces the queries of addresses: those of handles have tokens."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            one.copy_with(query=b"...") if isinstance(one, httpx.URL) and "token" in one.params else one
            for one in record.args
        )
    return True


def hide_handles() -> None:
    """Keeps tokens out of the lines that httpx logs about requests; a second call has no effect."""
    logging.getLogger("httpx").addFilter(_hide_query)
