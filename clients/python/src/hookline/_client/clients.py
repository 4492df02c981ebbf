"""The two clients."""

from __future__ import annotations

from types import TracebackType
from typing import TypeVar

from .batches import Batches
from .deliveries import Deliveries
from .schedules import Schedules
from .session import Session
from .tasks import Tasks
from .transport import AsyncTransport, BlockingTransport, Transport, run

H = TypeVar("H", bound="Hookline")
A = TypeVar("A", bound="AsyncHookline")


class _Client(Tasks, Batches, Schedules, Deliveries):
    is_blocking: bool

    def __init__(self, session: Session) -> None:
        self._session = session


class Hookline(_Client):
    """
    A client of one service whose methods block. Threads may share it. A refused request, or one without an answer,
    raises a `HooklineError`.

    - `base_url`: address of the service, e.g. `https://hookline.example.com`; may have a path.
    - `token`: a token from the service's `AUTH_TOKEN`, or from `AUTH_TOKEN_READ` to read only.
    - `timeout`: time to wait for an answer, in seconds.
    - `retries`: further tries of requests that are safe to repeat, while the service is away or busy.
    - `strict`: the service refuses members that it does not know, such as typos, if it can.

    :raises ValueError: for a malformed address, a blank token or a number out of range.
    """

    is_blocking = True

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        strict: bool = True,
    ) -> None:
        transport: Transport = BlockingTransport()
        super().__init__(Session(transport, base_url, token=token, timeout=timeout, retries=retries, strict=strict))

    def close(self) -> None:
        """Closes the connections."""
        run(self._session.transport.close())

    def __enter__(self: H) -> H:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class AsyncHookline(_Client):
    """
    A client of one service for asyncio: the methods of `Hookline`, to be awaited or iterated over with `async for`. It
    takes the same arguments. Use it on one event loop.
    """

    is_blocking = False

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 30.0,
        retries: int = 3,
        strict: bool = True,
    ) -> None:
        transport: Transport = AsyncTransport()
        super().__init__(Session(transport, base_url, token=token, timeout=timeout, retries=retries, strict=strict))

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._session.transport.close()

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()
