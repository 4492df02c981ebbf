"""Requests to one service."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx

from .backoff import pause_before
from .errors import HooklineError, error_of, no_answer
from .times import Time, iso
from .transport import Transport

T = TypeVar("T")
Query = Mapping[str, Any]


class Session:
    """Sends requests to one service over a transport."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        retries: int = 0,
        strict: bool = False,
    ) -> None:
        if token is not None and not token.strip():
            raise ValueError("token: is blank; pass None if the service has no AUTH_TOKEN")
        if token is not None and not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ValueError("token: must consist of visible ASCII characters")
        if not (timeout > 0 and math.isfinite(timeout)):
            raise ValueError("timeout: must be a positive number of seconds")
        if retries < 0:
            raise ValueError("retries: must not be negative")
        self.transport = transport
        self._base = checked_url("base_url", base_url)
        self._timeout = timeout
        self._retries = retries
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        if strict:
            self._headers["prefer"] = "handling=strict"

    async def json(self, method: str, path: str, *, query: Query | None = None, body: Any = None) -> T:
        """Sends a request and returns the JSON of a successful answer; retries a safe one."""
        response = await self.send(method, path, query=query, body=body)
        result: T = _json_of(response)
        return result

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        key: str | None = None,
    ) -> httpx.Response:
        """
        Sends a request and returns a successful answer. A read and a request with an idempotency key are safe to
        repeat; they are retried while the service is away or busy.
        """
        is_safe = key is not None or method == "GET"
        headers = {} if key is None else {"idempotency-key": key}
        request = self._request(method, path, query, body, headers, self._timeout)
        retry = 0
        while True:
            try:
                return await self._send_once(request)
            except HooklineError as error:
                if not (is_safe and error.is_temporary and retry < self._retries):
                    raise
                await self.transport.sleep(pause_before(retry, error))
            retry += 1

    def stream(self, path: str, headers: Mapping[str, str], timeout: float) -> AsyncGenerator[bytes, None]:
        """Yields the pieces of an answer that has no end; a silence longer than `timeout` seconds is an error."""
        return self.transport.stream(self._request("GET", path, None, None, headers, timeout))

    async def _send_once(self, request: httpx.Request) -> httpx.Response:
        response = await self.transport.send(request)
        if not response.is_success:
            raise error_of(response)
        return response

    def _request(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: Any,
        headers: Mapping[str, str],
        timeout: float,
    ) -> httpx.Request:
        all_headers = {**self._headers, **headers}
        if body is not None:
            all_headers["content-type"] = "application/json"
        return httpx.Request(
            method,
            self._base + path,
            params={name: _text(value) for name, value in (query or {}).items() if value is not None} or None,
            headers=all_headers,
            content=None if body is None else encode(body),
            extensions={"timeout": httpx.Timeout(timeout).as_dict()},
        )


def encode(body: Any) -> bytes:
    """
    Returns the JSON of a body.
    :raises TypeError: if it has members that JSON does not have.
    :raises ValueError: if it has a number that JSON does not have, or half a character.
    """
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def part(name: str, value: str) -> str:
    """
    Returns an id as a part of a path.
    :raises ValueError: if it would lead elsewhere.
    """
    if not isinstance(value, str) or value.strip(".") == "":
        raise ValueError(f"{name}: must be a text that names something")
    return quote(value, safe="")


def checked_url(name: str, url: str) -> str:
    """
    Returns the address of a service without the slash at its end.
    :raises ValueError: if it is not an address of HTTP.
    """
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except (ValueError, AttributeError, TypeError):
        is_valid = False
    if not is_valid or parts.query or parts.fragment or any(char.isspace() for char in url):
        raise ValueError(f"{name}: must be a URL such as https://hookline.example.com, without a query")
    return url.rstrip("/")


def _json_of(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except ValueError as error:
        # A proxy may have cut it.
        raise no_answer(error) from error


def _text(value: Time | float | bool | list[str] | tuple[str, ...]) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else iso(value)
