"""The durable state of a server deployment, as tables.

Codes and claims live in the memory of the one node for now; nodes that share a database will
need them as rows, and this is the place for them.
"""

import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What all tables have in common: one collection of metadata."""


class ServerKeyRow(Base):
    """A key of the deployment: the private part sealed, the certificate in the clear."""

    __tablename__ = "server_keys"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed_private_key: Mapped[bytes] = mapped_column(LargeBinary)
    certificate: Mapped[bytes] = mapped_column(LargeBinary)
    """DER."""
    made_at: Mapped[datetime.datetime]


class TargetRow(Base):
    """A target that made first contact. Times are UTC, without a zone."""

    __tablename__ = "targets"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    computer_name: Mapped[str] = mapped_column(String(64))
    operating_system: Mapped[str] = mapped_column(String(64))
    first_seen_at: Mapped[datetime.datetime]
    last_seen_at: Mapped[datetime.datetime]
