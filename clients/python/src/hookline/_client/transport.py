"""
The two ways to wait. The logic of the client is written once, as coroutines over a `Transport`. `AsyncHookline` awaits
them. `Hookline` runs them over a transport that blocks instead of suspending, so that they end at the first step.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, Protocol, TypeVar

import httpx

from .errors import error_of, no_answer

T = TypeVar("T")


class Transport(Protocol):
    """Sends requests and waits. Every request without an answer raises a `HooklineError` with the status 0."""

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Sends a request and reads the whole answer, whatever its status."""
        ...

    def stream(self, request: httpx.Request) -> AsyncGenerator[bytes, None]:
        """Yields the pieces of an answer; raises a `HooklineError` if it is not successful."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def close(self) -> None: ...


class BlockingTransport:
    """A transport whose coroutines never suspend."""

    def __init__(self) -> None:
        self._client = httpx.Client()

    async def send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._client.send(request)
        except httpx.HTTPError as error:
            raise no_answer(error) from error

    async def stream(self, request: httpx.Request) -> AsyncGenerator[bytes, None]:
        try:
            response = self._client.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                for piece in response.iter_bytes():
                    yield piece
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise no_answer(error) from error

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def close(self) -> None:
        self._client.close()


class AsyncTransport:
    """A transport on the running event loop of asyncio."""

    def __init__(self, limits: httpx.Limits | None = None) -> None:
        self._client = httpx.AsyncClient() if limits is None else httpx.AsyncClient(limits=limits)

    async def send(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request)
        except httpx.HTTPError as error:
            raise no_answer(error) from error

    async def stream(self, request: httpx.Request) -> AsyncGenerator[bytes, None]:
        try:
            response = await self._client.send(request, stream=True)
            try:
                if not response.is_success:
                    await response.aread()
                    raise error_of(response)
                async for piece in response.aiter_bytes():
                    yield piece
            finally:
                await response.aclose()
        except httpx.HTTPError as error:
            raise no_answer(error) from error

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        await self._client.aclose()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine over a `BlockingTransport`."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("A blocking client cannot suspend")


def iterate(items: AsyncGenerator[T, None]) -> Generator[T, None, None]:
    """Iterates over an asynchronous generator over a `BlockingTransport`."""
    try:
        while True:
            try:
                item = run(_next(items))
            except StopAsyncIteration:
                return
            yield item
    finally:
        run(items.aclose())


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await items.__anext__()
