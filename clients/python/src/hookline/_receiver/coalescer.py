"""Reports of many tasks in one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from .._client.errors import HooklineError, error_of, error_of_item, no_answer
from .._client.session import encode
from .._client.transport import Transport
from .handle import Handle

Method = Literal["PUT", "PATCH"]

_TIMEOUT_SECS = 10.0
_BULK_TIMEOUT_SECS = 30.0
"""For a request with many reports."""
_CONCURRENCY = 50
"""Requests at once, where one for many is refused."""
_MAX_ITEMS = 10_000
"""The limit of the service for one request."""
_MAX_BYTES = 4_000_000
"""Below the limit of the service for requests with the tokens of handles, 4 MiB."""


@dataclass(frozen=True)
class _Item:
    """A report that is not sent yet, and its caller."""

    handle: Handle
    report: Mapping[str, Any]
    entry: bytes
    outcome: asyncio.Future[None]


class Coalescer:
    """
    Sends reports of many tasks: a lone one at once to its handle; those that come while a request is under way
    together, in the next request. Reports for different services, and increments, are separate.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._lines: dict[tuple[Method, str], _Line] = {}

    async def send(self, method: Method, handle: Handle, report: Mapping[str, Any]) -> None:
        """Sends a report once; raises the `HooklineError` that it would have got alone."""
        outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = {**report, "id": handle.task_id}
        if handle.attempt > 1:
            entry["attempt"] = handle.attempt
        if handle.token is not None:
            entry["token"] = handle.token
        key = (method, handle.service)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(self.transport, method, handle.service, lambda: self._lines.pop(key))
        line.waiting.append(_Item(handle, report, encode(entry), outcome))
        await outcome


class _Line:
    """The reports of one method for one service, from the first until none is left."""

    def __init__(self, transport: Transport, method: Method, service: str, on_empty: Callable[[], object]) -> None:
        self.waiting: list[_Item] = []
        self._transport = transport
        self._method = method
        self._service = service
        self._on_empty = on_empty
        self._work = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            # Jobs that end together report together.
            await asyncio.sleep(0)
            while self.waiting:
                items = self._take()
                if len(items) == 1:
                    await self._send_alone(items[0])
                else:
                    await self._send_together(items)
        finally:
            self._on_empty()

    def _take(self) -> list[_Item]:
        """Removes the next items, as many as fit into one request."""
        size = count = 0
        for item in self.waiting[:_MAX_ITEMS]:
            size += len(item.entry) + 1
            if size > _MAX_BYTES and count > 0:
                break
            count += 1
        items, self.waiting[:count] = self.waiting[:count], []
        return items

    async def _send_alone(self, item: _Item) -> None:
        try:
            await self._exchange(item.handle.url, encode(item.report), _TIMEOUT_SECS)
        except Exception as error:
            _fail(item, error)
        else:
            _succeed(item)

    async def _send_together(self, items: list[_Item]) -> None:
        body = b"[" + b",".join(item.entry for item in items) + b"]"
        try:
            answer = await self._exchange(f"{self._service}/task", body, _BULK_TIMEOUT_SECS)
            results = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(results, list) or len(results) != len(items):
                raise no_answer(ValueError("The answer does not have a result for each report"))
        except HooklineError as error:
            # A service that takes no bulk, or less in one request, may take each.
            if not error.is_temporary:
                return await self._send_each(items)
            for item in items:
                _fail(item, error)
        except Exception as error:
            for item in items:
                _fail(item, error)
        else:
            for item, result in zip(items, results, strict=True):
                if result["status"] < 300:
                    _succeed(item)
                else:
                    _fail(item, error_of_item(result))

    async def _send_each(self, items: list[_Item]) -> None:
        turn = asyncio.Semaphore(_CONCURRENCY)

        async def send(item: _Item) -> None:
            async with turn:
                await self._send_alone(item)

        await asyncio.gather(*map(send, items))

    async def _exchange(self, url: str, body: bytes, timeout: float) -> Any:
        request = httpx.Request(
            self._method,
            url,
            headers={"content-type": "application/json"},
            content=body,
            extensions={"timeout": httpx.Timeout(timeout).as_dict()},
        )
        response = await self._transport.send(request)
        if not response.is_success:
            raise error_of(response)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise no_answer(error) from error


def _succeed(item: _Item) -> None:
    if not item.outcome.done():
        item.outcome.set_result(None)


def _fail(item: _Item, error: Exception) -> None:
    if not item.outcome.done():
        item.outcome.set_exception(error)
