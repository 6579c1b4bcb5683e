"""The database's own driver, for the statements on which a large send spends its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Update

from app.extensions import UTCDateTime

Statement = tuple[str, Any]
Change = tuple[Callable[[int], Update], list[dict[str, Any]]]


class Driver:
    """The database's own driver under a connection of SQLAlchemy's.

    It gets statements compiled once, many in a go: on PostgreSQL they go out together and are waited for together.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._compiled: dict[tuple[Any, int], tuple[str, Any, dict[str, Any]]] = {}
        self._waits_for_disk = True
        self.stored = UTCDateTime().bind_processor(connection.dialect) or (lambda moment: moment)
        self.errors = connection.dialect.loaded_dbapi.OperationalError

    def statement(self, make: Callable[[int], Update], rows: list[dict[str, Any]], **shared: Any) -> Statement:
        """The statement that `make` gives for so many rows. A row's values stand under their names and its place."""
        sql, order, fixed = self._compiled.get((make, len(rows))) or self._compile(make, len(rows))
        values = fixed | shared
        for index, row in enumerate(rows):
            for name, value in row.items():
                values[f"{name}{index}"] = value
        return sql, tuple(values[name] for name in order) if order else values

    def _compile(self, make: Callable[[int], Update], count: int) -> tuple[str, Any, dict[str, Any]]:
        compiled = make(count).compile(dialect=self._connection.dialect)
        kept = str(compiled), compiled.positiontup, dict(compiled.params)
        self._compiled[make, count] = kept
        return kept

    @contextmanager
    def transaction(self, *, waits_for_disk: bool) -> Iterator[None]:
        raw = self._raw
        if waits_for_disk is not self._waits_for_disk:
            raw.execute(self._durability(waits_for_disk))
            self._waits_for_disk = waits_for_disk
        if self._is_sqlite:
            raw.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._waits_for_disk = True  # Whatever was set with it is undone: the connection is given up.
            self._connection.invalidate()
            raise

    def run(self, statements: list[Statement], *, commit: bool = False) -> list[tuple[int, list[Any]]]:
        """Of each statement, how many rows it changed and what it returned."""
        raw = self._raw
        with nullcontext() if self._is_sqlite else raw.pipeline():
            cursors = [raw.execute(*statement) for statement in statements]
            results = None if not self._is_sqlite else _results(cursors)
            if commit:
                raw.commit()
        return results or _results(cursors)

    @property
    def _raw(self) -> Any:
        return self._connection.connection.driver_connection

    def _durability(self, waits_for_disk: bool) -> str:
        if self._is_sqlite:
            return f"PRAGMA synchronous={'FULL' if waits_for_disk else 'NORMAL'}"
        return f"SET synchronous_commit TO {'on' if waits_for_disk else 'off'}"


def _results(cursors: list[Any]) -> list[tuple[int, list[Any]]]:
    rows = [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    return [(cursor.rowcount, found) for cursor, found in zip(cursors, rows, strict=True)]
