"""Requests about deliveries and the audit log."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from .compat import Unpack
from .operation import iteration, operation
from .pages import all_pages
from .session import Session, part

if TYPE_CHECKING:
    from ..types import AuditEntry, AuditFilter, Delivery, DeliveryDetail, DeliveryFilter, Replayed, ReplayFilter

_PATH = "/webhook-deliveries"


class Deliveries:
    """Methods about deliveries and the audit log."""

    _session: Session

    @operation
    async def deliveries(self, **filter: Unpack[DeliveryFilter]) -> list[Delivery]:
        """Returns a page of deliveries, by default last changed first."""
        return await self._session.json("GET", _PATH, query=filter)

    @iteration
    async def iter_deliveries(self, **filter: Unpack[DeliveryFilter]) -> AsyncGenerator[Delivery, None]:
        """Iterates over the deliveries of all pages, by default last changed first."""
        async for delivery in all_pages(self._session, _PATH, filter, _id):
            yield delivery

    @operation
    async def delivery(self, delivery_id: str) -> DeliveryDetail:
        """Returns a delivery with its request, its attempts, and what it waits for."""
        return await self._session.json("GET", f"{_PATH}/{part('delivery_id', delivery_id)}")

    @operation
    async def audit_log(self, **filter: Unpack[AuditFilter]) -> list[AuditEntry]:
        """Returns a page of the audit log, newest first: who changed what."""
        return await self._session.json("GET", "/audit-log", query=filter)

    @operation
    async def replay(self, delivery_id: str) -> None:
        """Sends an exhausted notification again."""
        await self._session.json("POST", f"{_PATH}/{part('delivery_id', delivery_id)}/replay")

    @operation
    async def replay_exhausted(self, **filter: Unpack[ReplayFilter]) -> Replayed:
        """Sends exhausted notifications again, oldest first, at most 1,000 a call."""
        return await self._session.json("POST", f"{_PATH}/replay", query=filter)


def _id(delivery: Delivery) -> str:
    return delivery["id"]
