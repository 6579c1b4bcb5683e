"""Rows of a database as an earlier version of the site had it, which the models of today do not know."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, MetaData, Table, inspect, text

from app.extensions import db

A_MOMENT = datetime(2026, 11, 20, 9)
FILLING = {int: 0, str: "", bool: False, date: A_MOMENT.date(), datetime: A_MOMENT}


def as_stored() -> dict[str, list[str]]:
    """Every row of every table there is, to be compared only: as the database's driver gives it."""
    names = inspect(db.session.connection()).get_table_names()
    tables = {name: db.session.execute(text(f'SELECT * FROM "{name}"')).all() for name in names}
    db.session.rollback()
    return {name: sorted(map(repr, rows)) for name, rows in tables.items()}


def put(rows: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Insert rows, each with its table's name, and something in every column that has to have a value. Commits."""
    for name, values in rows:
        table = _as_it_is(name)
        db.session.execute(table.insert(), _filled(table) | values)
    db.session.commit()


def _as_it_is(name: str) -> Table:
    return Table(name, MetaData(), autoload_with=db.session.connection(), resolve_fks=False)


def _filled(table: Table) -> dict[str, Any]:
    needed = [column for column in table.columns if not column.nullable and column.name != "id"]
    return {column.name: [] if isinstance(column.type, JSON) else FILLING[column.type.python_type] for column in needed}


def rows_of(name: str) -> list[dict[str, Any]]:
    """Every row of the table, with the columns it has now."""
    table = _as_it_is(name)
    rows = db.session.execute(table.select().order_by(*table.primary_key.columns)).mappings().all()
    db.session.rollback()
    return [dict(row) for row in rows]
