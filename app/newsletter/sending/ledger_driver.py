"""The database's own driver, for the statements on which a large send spends its time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from app.extensions import UTCDateTime

Row = dict[str, Any]


class Driver:
    """The database's own driver under a connection of SQLAlchemy's, with statements compiled once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self._compiled: dict[Any, tuple[str, Any, dict[str, Any]]] = {}
        self._waits_for_disk = True
        self.stored = UTCDateTime().bind_processor(connection.dialect) or (lambda moment: moment)
        self.errors = connection.dialect.loaded_dbapi.OperationalError

    def run(self, make: Callable[..., Any], *shape: Any, rows: Sequence[Row] = (), **values: Any) -> Any:
        """Run the statement that `make` gives for `shape`; its cursor. A row's values stand under their name and its
        place: number0, words0, number1 and on.
        """
        sql, order, fixed = self._compiled.get((make, shape)) or self._compile(make, shape)
        values = fixed | values
        for index, row in enumerate(rows):
            for name, value in row.items():
                values[f"{name}{index}"] = value
        return self._raw.execute(sql, tuple(values[name] for name in order) if order else values)

    def _compile(self, make: Callable[..., Any], shape: Any) -> tuple[str, Any, dict[str, Any]]:
        compiled = make(*shape).compile(dialect=self._connection.dialect)
        kept = str(compiled), compiled.positiontup, dict(compiled.params)
        self._compiled[make, shape] = kept
        return kept

    @contextmanager
    def transaction(self, *, waits_for_disk: bool) -> Iterator[None]:
        """Committed at the end; `waits_for_disk` is for SQLite. If anything goes wrong, another connection is taken."""
        try:
            if self.is_sqlite:
                if waits_for_disk is not self._waits_for_disk:
                    self._raw.execute(f"PRAGMA synchronous={'FULL' if waits_for_disk else 'NORMAL'}")
                    self._waits_for_disk = waits_for_disk
                self._raw.execute("BEGIN IMMEDIATE")
            yield
            self._raw.commit()
        except BaseException:
            self._waits_for_disk = True
            self._connection.invalidate()
            raise

    @property
    def _raw(self) -> Any:
        return self._connection.connection.driver_connection
