"""The extensions, as objects that do not know an app yet, and what every model and task needs of them."""

import logging
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask, g, has_request_context, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_mail import Mail
from flask_migrate import Migrate
from flask_security.core import Security
from flask_security.mail_util import MailUtil
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from huey import Huey
from huey.api import Task, TaskWrapper
from huey.serializer import SignedSerializer
from huey.storage import MemoryStorage, PostgresStorage, RedisStorage, SqliteStorage
from sqlalchemy import DateTime, Dialect, Engine, MetaData, Table, TypeDecorator, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.orm import registry as type_registry

from app.write_lock import begin_with_lock

log = logging.getLogger(__name__)

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, stored as UTC. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


# Named constraints, because a migration can only drop what has a name.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    registry: ClassVar[type_registry] = type_registry(metadata=metadata, type_annotation_map={datetime: UTCDateTime})


# What was read stays readable after the commit, so that mail can be sent with no transaction open.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    Model = Base  # Type checkers read Flask-SQLAlchemy's own db.Model as Any.
else:
    Model = db.Model


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # The driver begins nothing by itself; _begin does.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own lowers ASCII only, and a search for "Émile" would not find "émile".
    connection.create_function("lower", 1, _lower, deterministic=True)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    """On SQLite take the write lock at once: a transaction that reads first may be refused when it writes later."""
    if connection.dialect.name == "sqlite":
        only_reads = connection.get_execution_options().get("only_reads") or _only_reads()
        if only_reads:
            connection.exec_driver_sql("BEGIN")
        else:
            begin_with_lock(connection, for_visitor=has_request_context())


def _only_reads() -> bool:
    return has_request_context() and request.method in SAFE_METHODS and not g.get("writes", False)


def write_on_get() -> None:
    """Say, before the view's first query, that this GET writes (a return page that fulfils): SQLite then locks in time.

    What was read so far to learn who is signed in was read in a transaction that cannot take the lock: it ends here.
    """
    g.writes = True
    db.session.commit()


def read_only() -> None:
    """Say that from here on a POST only reads, until its next commit or rollback: SQLite then locks nothing."""
    db.session.commit()
    db.session.connection(execution_options={"only_reads": True})


def came_first(row: Base) -> bool:
    """Insert `row` now; whether that was possible, or else somebody made one of its key between our look and our write.

    Then `row` is forgotten, and theirs can be read.
    """
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return False
    return True


def insert_with_conflict(into: type[Any] | Table) -> Any:
    """An INSERT into a table, or a model's, that can say ON CONFLICT, which SQLAlchemy has apart for each database."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(into)


def take_as_long_as_needed() -> None:
    """Let the statements of the transaction that begins here take their time: work on every subscriber at once."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET LOCAL statement_timeout TO 0"))


class SqliteQueueStorage(SqliteStorage):
    """It does not wait for the disk: a power cut may lose the latest tasks, and the sweeps find what they were for."""

    def _create_connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._create_connection()
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


class Queue(Huey):
    """Huey with its storage chosen by QUEUE_URL, tasks signed with the site's secret, and run in an app context."""

    app: Flask

    def init_app(self, app: Flask) -> None:
        self.app = app
        self.serializer = SignedSerializer(secret=app.config["SECRET_KEY"], salt="queue")
        self.storage = self._storage_for(app.config["QUEUE_URL"])

    def _storage_for(self, url: str) -> Any:
        if url.startswith("sqlite:///"):
            return SqliteQueueStorage(self.name, filename=url.removeprefix("sqlite:///"), timeout=15)
        if url.startswith(("redis://", "rediss://")):
            from redis import ConnectionPool  # An extra: only a site that uses Redis has it.

            return RedisStorage(self.name, connection_pool=ConnectionPool.from_url(url, socket_connect_timeout=2))
        if url.startswith("memory:"):
            return MemoryStorage(self.name)
        return PostgresStorage(self.name, dsn=url)

    def execute(self, task: Task, timestamp: datetime | None = None) -> Any:
        with self.app.app_context():
            g.task_id = task.id  # For the log, which names what was at work.
            return super().execute(task, timestamp)


class SiteSecurity(Security):
    """Flask-Security that is told its mail room when it meets the app; upstream takes it in the constructor only."""

    def init_app(self, *args: Any, mail_util_cls: type[MailUtil] = MailUtil, **settings: Any) -> None:
        self._mail_util_cls = mail_util_cls
        super().init_app(*args, **settings)


migrate = Migrate()
csrf = CSRFProtect()
mail = Mail()
limiter = Limiter(key_func=get_remote_address)
security = SiteSecurity()
queue = Queue("developing-doctor", results=False, storage_class=MemoryStorage)


def enqueue_after_commit(task: TaskWrapper, *args: Any) -> None:
    """Put `task` on the queue once the caller's transaction is committed; never, if it is rolled back.

    A queue that is down fails nothing: the row is there, and a periodic sweep finds it.
    """
    waiting = db.session().info.setdefault("after_commit", [])
    if (task, args) not in waiting:
        waiting.append((task, args))


@event.listens_for(db.session, "after_commit")
def _enqueue_waiting(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for task, args in session.info.pop("after_commit", []):
        try:
            task(*args)
        except Exception:
            log.exception("queue unreachable; the sweep will find what %s was for", task.name)


@event.listens_for(db.session, "after_soft_rollback")
def _forget_waiting(session: Session, ended: SessionTransaction) -> None:
    if not ended.nested:
        session.info.pop("after_commit", None)
