"""What Alembic runs for every command: it works on the connection and in the transaction it is given."""

from __future__ import annotations

from typing import Literal

from alembic import context
from sqlalchemy import BigInteger

from crowd.models import Base
from crowd.models.base import UtcDateTime


def render(kind: str, column_type: object, _autogenerating: object) -> str | Literal[False]:
    """Name the models' own types as the template of revisions does, so that revisions import no model."""
    if kind == "type" and isinstance(column_type, UtcDateTime):
        return "Moment"
    if kind == "type" and isinstance(column_type, BigInteger) and column_type._variant_mapping:  # noqa: SLF001
        return "Id"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_item=render,
    render_as_batch=True,  # SQLite cannot alter a table, only rebuild it
)
context.run_migrations()
