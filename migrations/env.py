"""How Alembic runs this site's migrations: on the app's own engine, the same on SQLite and PostgreSQL."""

from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from app.extensions import UTCDateTime, db


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """A moment is a plain DateTime to the database; migrations must not depend on the code of a later day."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UTCDateTime) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=render_item,
        render_as_batch=True,  # SQLite changes a table by copying it.
        compare_type=True,
        transaction_per_migration=True,
        user_module_prefix="sa.",
    )
    with context.begin_transaction():
        context.run_migrations()


def run_on_app_engine() -> None:
    engine = db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A copied table must not take the rows that point at it along; the pragma works outside transactions only.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            run(connection)
        finally:
            # With nothing left to do, the look at the version is still open as a transaction.
            connection.rollback()
            if engine.dialect.name == "sqlite":
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


with current_app.app_context():
    run_on_app_engine()
