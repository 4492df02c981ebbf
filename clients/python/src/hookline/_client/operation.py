"""Methods that both clients have."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from .transport import iterate, run

if TYPE_CHECKING:
    from .clients import AsyncHookline, Hookline

P = ParamSpec("P")
T = TypeVar("T")


class operation(Generic[P, T]):
    """Makes a coroutine a method: `Hookline` returns its result, `AsyncHookline` something to await."""

    def __init__(self, coroutine: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self._coroutine = coroutine
        self.__doc__ = coroutine.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> operation[P, T]: ...
    @overload
    def __get__(self, client: Hookline, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncHookline, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self._coroutine)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            coroutine = self._coroutine(client, *args, **kwargs)
            return run(coroutine) if client.is_blocking else coroutine

        return method


class iteration(Generic[P, T]):
    """Makes an asynchronous generator a method: `Hookline` returns an iterator, `AsyncHookline` an asynchronous one."""

    def __init__(self, generator: Callable[Concatenate[Any, P], AsyncGenerator[T, None]]) -> None:
        self._generator = generator
        self.__doc__ = generator.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> iteration[P, T]: ...
    @overload
    def __get__(self, client: Hookline, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncHookline, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self._generator)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            items = self._generator(client, *args, **kwargs)
            return iterate(items) if client.is_blocking else items

        return method
