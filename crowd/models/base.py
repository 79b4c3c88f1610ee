"""What all tables share: the base class, column types and append-only tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Model = TypeVar("Model", bound="Base")

# SQLite numbers rows by itself only for a column typed exactly INTEGER.
BigId = BigInteger().with_variant(Integer, "sqlite")

# For tables whose rows change all day: room on every page for the next version of a row, and dead
# versions cleared before scans have to walk over them. SQLite has no use for it.
BUSY = {
    "postgresql_with": {
        "fillfactor": 70,
        "autovacuum_vacuum_scale_factor": 0.02,
        "autovacuum_vacuum_cost_delay": 0,
    }
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite stores no zone, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time: it would mean another moment on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs a zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
        list[int]: JSON,
        list[float]: JSON,
    }


class Numbered:
    """A table whose rows are numbered by the database."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)


class Stamped:
    """A table whose rows say when they were made."""

    created_at: Mapped[datetime]


def reference(target: str, *, index: bool = True, unique: bool | None = None) -> Any:  # noqa: ANN401 - fits any Mapped
    """Return a column that points at another table's id."""
    return mapped_column(BigId, ForeignKey(f"{target}.id"), index=index and not unique, unique=unique)


def copied(*, index: bool = False) -> Any:  # noqa: ANN401 - fits any Mapped
    """Return a column for an id that a row referred to has as well, where a reference vouches for it.

    Another here, on what grows with every page, would lock rows that everybody's pages share, once for each
    row: a seventh of what a page takes PostgreSQL. `crowd check` compares the two.
    """
    return mapped_column(BigId, index=index)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Return a constraint that admits only these texts, named after the column."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def append_only(model: type[Model]) -> type[Model]:
    """Class decorator: let the database itself refuse UPDATE, DELETE and TRUNCATE on the table."""
    table = model.__table__
    assert isinstance(table, Table)
    table.info["append_only"] = True
    for dialect, statements in append_only_ddl(table.name).items():
        for statement in statements:
            trigger = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", trigger.execute_if(dialect=dialect))
    return model


def append_only_ddl(table: str) -> dict[str, tuple[str, ...]]:
    """Return the statements that make a table append-only, by dialect."""
    return {"sqlite": _sqlite_triggers(table), "postgresql": _postgres_triggers(table)}


def _sqlite_triggers(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    )


def _postgres_triggers(table: str) -> tuple[str, ...]:
    function = (
        "CREATE OR REPLACE FUNCTION crowd_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$"
    )
    rows = (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION crowd_append_only()"
    )
    whole = (
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION crowd_append_only()"
    )
    return function, rows, whole
