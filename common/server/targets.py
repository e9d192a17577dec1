"""The targets that a server knows: registered at first contact, known by device key since.

Knows the table; whether a target has proved its key is `hellos.py`'s to decide first.
"""

import uuid

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from common.broker.parties import TargetIdentity
from common.protocol.documents import fingerprint_of
from common.server.database import utc_now
from common.server.models import TargetRow


class TargetStore:
    """Targets in the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def seen(
        self, device_key: bytes, computer_name: str, operating_system: str | None = None
    ) -> TargetIdentity | None:
        """Take note that a known target is here, and return it; None for an unknown one."""
        async with AsyncSession(self._engine) as session, session.begin():
            query = select(TargetRow).where(TargetRow.device_key == device_key)
            row = (await session.scalars(query)).one_or_none()
            if row is None:
                return None
            row.computer_name = computer_name
            row.operating_system = operating_system or row.operating_system
            row.last_seen_at = utc_now()
            return _identity(row)

    async def register(
        self, device_key: bytes, computer_name: str, operating_system: str
    ) -> TargetIdentity:
        """Take in a new target."""
        now = utc_now()
        row = TargetRow(
            id=uuid.uuid4().hex,
            device_key=device_key,
            computer_name=computer_name,
            operating_system=operating_system,
            first_seen_at=now,
            last_seen_at=now,
        )
        identity = _identity(row)
        try:
            async with AsyncSession(self._engine) as session, session.begin():
                session.add(row)
        except IntegrityError:
            known = await self.seen(device_key, computer_name, operating_system)
            if known is None:
                raise
            return known
        return identity


def _identity(row: TargetRow) -> TargetIdentity:
    return TargetIdentity(
        target_id=row.id,
        computer_name=row.computer_name,
        device_fingerprint=fingerprint_of(row.device_key),
    )
