"""Server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .backoff import pause_before
from .errors import HooklineError, no_answer
from .session import Session, part

if TYPE_CHECKING:
    from ..types import TaskSummary

SILENCE_SECS = 20.0
"""Longer than the interval of the heartbeats of the service, 15 s."""


@dataclass(frozen=True)
class LiveEvent:
    """An event of a batch."""

    type: Literal["ready", "task", "interrupted"]
    """
    `ready`: no change is missed from now on, so read the current state. `task`: a task has changed. `interrupted`: the
    stream broke and will be reopened; changes in between come before the next `ready`.
    """
    task: TaskSummary | None = None
    """The changed task, if `type` is `task`."""
    id: str | None = None
    """Id to resume with, if the event has one."""


@dataclass(frozen=True)
class Message:
    """An event as the stream has it."""

    event: str
    data: str
    id: str | None


class Parser:
    """Collects the pieces of an event stream into messages. Only LF and CRLF end a line."""

    def __init__(self) -> None:
        self._rest = b""
        self._fields: dict[str, str] = {}

    def feed(self, piece: bytes) -> Iterator[Message]:
        """Returns the messages that end in this piece; a lone id is one without an event."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text:
                name, _, value = text.partition(":")
                self._fields[name] = value.removeprefix(" ")
                continue
            fields, self._fields = self._fields, {}
            if "event" in fields or "id" in fields:
                yield Message(fields.get("event", ""), fields.get("data", ""), fields.get("id"))


async def live_events(session: Session, batch_id: str, last_event_id: str | None) -> AsyncGenerator[LiveEvent, None]:
    """Yields the changes of a batch. A broken stream is resumed where it ended, forever."""
    retry = 0
    while True:
        broken = no_answer(EOFError("The stream ended"))
        try:
            async with aclosing(_connection(session, batch_id, last_event_id)) as messages:
                async for message in messages:
                    last_event_id = message.id or last_event_id
                    retry = 0
                    if message.event == "ready":
                        yield LiveEvent("ready", id=message.id)
                    elif message.event == "task":
                        yield LiveEvent("task", json.loads(message.data), message.id)
        except HooklineError as error:
            if not error.is_temporary:
                raise
            broken = error
        yield LiveEvent("interrupted")
        await session.transport.sleep(pause_before(retry, broken))
        retry += 1


async def _connection(session: Session, batch_id: str, last_event_id: str | None) -> AsyncGenerator[Message, None]:
    parser = Parser()
    async with aclosing(pieces(session, batch_id, last_event_id)) as stream:
        async for piece in stream:
            for message in parser.feed(piece):
                yield message


def pieces(session: Session, batch_id: str, last_event_id: str | None = None) -> AsyncGenerator[bytes, None]:
    """Yields what the event stream of a batch sends, heartbeats too."""
    resume = {} if last_event_id is None else {"last-event-id": last_event_id}
    path = f"/batch/{part('batch_id', batch_id)}/events"
    return session.stream(path, {"accept": "text/event-stream", **resume}, SILENCE_SECS)
