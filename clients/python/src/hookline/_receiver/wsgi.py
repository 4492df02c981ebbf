"""WSGI, without a framework."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from .call import MAX_BODY_BYTES, Incoming
from .engine import Outgoing

T = TypeVar("T")
StartResponse = Callable[..., Any]


def respond(
    environ: dict[str, Any], start_response: StartResponse, answer: Callable[[Incoming], Outgoing]
) -> Iterable[bytes]:
    """Answers a request."""
    outgoing = answer(_incoming(environ))
    start_response(f"{outgoing.status} {HTTPStatus(outgoing.status).phrase}", outgoing.headers)
    return [outgoing.body]


class LoopThread:
    """An event loop in a thread of its own. It begins with the first call, so after a server has forked its workers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine there, and returns its result."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="hookline", daemon=True)
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def stop(self) -> None:
        """Ends the thread."""
        with self._lock:
            if self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = None


def _incoming(environ: dict[str, Any]) -> Incoming:
    path = environ.get("PATH_INFO", "")
    names = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers = {**names, "content-type": environ.get("CONTENT_TYPE", "")}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    # A body that is too large is cut, so that it is refused.
    body = environ["wsgi.input"].read(min(length, MAX_BODY_BYTES + 1)) if length > 0 else b""
    full = quote((environ.get("SCRIPT_NAME", "") + path).encode("latin-1"))
    local = path.encode("latin-1").decode("utf-8", "replace")
    return Incoming(environ["wsgi.url_scheme"], local, full, environ.get("QUERY_STRING", ""), headers, body)
