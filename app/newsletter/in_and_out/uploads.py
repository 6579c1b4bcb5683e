"""Files of subscribers on their way in through the studio.

A file lies in the database until it is taken in: whichever machine received it, any worker can read it, and it is gone
with the same transaction that finishes the import.
"""

import logging
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db
from app.newsletter.in_and_out.csv_reading import Table, UnreadableFile
from app.newsletter.in_and_out.import_csv import Rejected, Source
from app.newsletter.in_and_out.import_rows import Import, Report

log = logging.getLogger(__name__)
UNEXPECTED = (
    "Something in this file is not as we expected, and the work on it stopped. What was taken in before stays. The log "
    "of the site says what it was."
)
PART_BYTES = 256 * 1024
# A worker that has not finished a batch for so long is gone.
SILENCE = timedelta(minutes=2)
KEEP_UNFINISHED, KEEP_REPORT = timedelta(days=1), timedelta(days=30)


class Upload(Model):
    """A file, how to read it, and how far it is: received, checked (a dry run), taken in."""

    __tablename__ = "subscriber_upload"
    __table_args__ = (
        CheckConstraint("import_asked_at IS NULL OR (checked_at IS NOT NULL AND basis <> '')", name="checked_first"),
        CheckConstraint("finished_at IS NULL OR import_asked_at IS NOT NULL", name="asked_first"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    size_bytes: Mapped[int]
    uploaded_at: Mapped[datetime] = mapped_column(default=now)
    encoding: Mapped[str] = mapped_column(String(20), default="")
    system: Mapped[str] = mapped_column(String(20), default="")
    columns: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    basis: Mapped[str] = mapped_column(String(20), default="")
    check_asked_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    import_asked_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    claimed_at: Mapped[datetime | None]
    # What the work in hand has come to.
    line: Mapped[int] = mapped_column(default=1)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    # The last line, once the check has come to it.
    lines: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(default="")

    @classmethod
    def receive(cls, file_name: str, blocks: Iterable[bytes]) -> "Upload":
        """Keep a file, which comes in portions of PART_BYTES."""
        upload = cls(file_name=_plain(file_name), size_bytes=0)
        db.session.add(upload)
        db.session.flush()
        for position, data in enumerate(blocks):
            db.session.execute(insert(UploadPart).values(upload_id=upload.id, position=position, data=data))
            upload.size_bytes += len(data)
        return upload

    @property
    def step(self) -> str:
        """ "columns" to be chosen, "checking", "checked", "importing" or "done"."""
        if self.finished_at:
            return "done"
        if self.import_asked_at:
            return "importing"
        if self.checked_at:
            return "checked"
        return "checking" if self.check_asked_at else "columns"

    @property
    def report(self) -> Report:
        return Report(Counter(self.counts), self.line)

    def preview(self, most: int) -> tuple[list[str], list[list[str]]]:
        """The header and the first rows."""
        try:
            table = Table(_blocks_of(self.id), self.encoding)
        except UnreadableFile:  # In the chosen encoding; when it came, its header could be read.
            table = Table(_blocks_of(self.id))
        return table.header, [row.cells for row in islice((row for row in table if not row.trouble), most)]

    def source(self) -> Source:
        """Its rows, as it is to be read. Raises UnreadableFile."""
        upload_id = self.id
        return Source(
            lambda: _blocks_of(upload_id),
            file_name=self.file_name,
            system=self.system,
            columns=self.columns,
            encoding=self.encoding,
        )

    def ask_for_check(self, *, system: str, columns: dict[str, int], encoding: str, basis: str) -> None:
        """Have a worker find out what taking it in like this would do."""
        self.system, self.columns, self.encoding, self.basis = system, columns, encoding, basis
        self.check_asked_at, self.checked_at, self.trouble = now(), None, ""
        self.claimed_by, self.line, self.counts = None, 1, {}
        UploadReject.forget(self.id)

    def ask_for_import(self) -> None:
        """Have a worker take it in, as it was checked."""
        self.import_asked_at = now()
        self.claimed_by, self.line, self.counts = None, 1, {}
        UploadReject.forget(self.id)

    @classmethod
    def has_work(cls) -> ColumnElement[bool]:
        """The condition under which a worker should take it up: nobody does, or whoever did has fallen silent."""
        return and_(
            or_(
                and_(cls.check_asked_at.is_not(None), cls.checked_at.is_(None)),
                and_(cls.import_asked_at.is_not(None), cls.finished_at.is_(None)),
            ),
            cls.trouble == "",
            cls._is_idle(),
        )

    @classmethod
    def _is_idle(cls) -> ColumnElement[bool]:
        return or_(cls.claimed_by.is_(None), cls.claimed_at < now() - SILENCE)

    @classmethod
    def claim(cls, upload_id: int) -> "Claim | None":
        """Take up the work there is on it, unless somebody else has it in hand."""
        mark = uuid.uuid4().hex
        taking = update(cls).where(cls.id == upload_id, cls.has_work()).values(claimed_by=mark, claimed_at=now())
        if db.session.scalar(taking.returning(cls.id).execution_options(synchronize_session=False)) is None:
            return None
        return Claim(db.session.get_one(cls, upload_id, populate_existing=True), mark)

    @classmethod
    def forget_old(cls) -> None:
        """Drop files that nobody went on with, and reports that have served their time."""
        begun = func.coalesce(cls.import_asked_at, cls.uploaded_at)
        old = or_(
            and_(cls.finished_at.is_(None), begun < now() - KEEP_UNFINISHED, cls._is_idle()),
            cls.finished_at < now() - KEEP_REPORT,
        )
        db.session.execute(delete(cls).where(old))


class UploadPart(Model):
    """A portion of a file."""

    __tablename__ = "subscriber_upload_part"

    upload_id: Mapped[int] = mapped_column(ForeignKey("subscriber_upload.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class UploadReject(Model):
    """A row that was not taken in."""

    __tablename__ = "subscriber_upload_reject"

    upload_id: Mapped[int] = mapped_column(ForeignKey("subscriber_upload.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    reason: Mapped[str]

    @classmethod
    def keep(cls, upload_id: int, rejected: list[Rejected]) -> None:
        if rejected:
            db.session.execute(insert(cls), [{"upload_id": upload_id, **row._asdict()} for row in rejected])

    @classmethod
    def of(cls, upload_id: int, *, after_line: int = 0, most: int) -> "list[UploadReject]":
        """Some of an upload's, in the order of the file."""
        rows = select(cls).where(cls.upload_id == upload_id, cls.line > after_line)
        return list(db.session.scalars(rows.order_by(cls.line).limit(most)))

    @classmethod
    def forget(cls, upload_id: int) -> None:
        db.session.execute(delete(cls).where(cls.upload_id == upload_id))

    @classmethod
    def forget_address(cls, address: str) -> None:
        db.session.execute(delete(cls).where(cls.address == address))


class Claim:
    """Work on an upload, in the hand of whoever took it up for as long as they go on."""

    def __init__(self, upload: Upload, mark: str) -> None:
        self.upload, self._id, self._mark = upload, upload.id, mark

    def work(self) -> Iterator[None]:
        """Check it, or take it in, whichever was asked for. The caller commits after each step.

        A check that was cut off is begun anew, for nothing came of it; an import goes on after its last batch.
        """
        upload, writes = self.upload, self.upload.import_asked_at is not None
        if not writes:
            UploadReject.forget(self._id)
            upload.line, upload.counts = 1, {}
        yield
        try:
            importing = Import(upload.source(), upload.basis, report=upload.report)
            db.session.rollback()
            for rejected in importing.batches(write=writes):
                if not writes:
                    # Looked up in a transaction that cannot write; what came of it is noted in one that can.
                    db.session.rollback()
                self._note(line=importing.report.line, counts=dict(importing.report.counts), claimed_at=now())
                UploadReject.keep(self._id, rejected)
                yield
        except UnreadableFile as trouble:
            self._give_up(str(trouble))
        except (LostClaim, OperationalError):  # With the database back, whoever sweeps sees to it that it goes on.
            raise
        except Exception:
            log.exception("work on upload %s failed", self._id)
            self._give_up(UNEXPECTED)
        else:
            if not writes:
                self._note(claimed_by=None, checked_at=now(), lines=importing.report.line)
            else:
                self._note(claimed_by=None, finished_at=now())
                db.session.execute(delete(UploadPart).where(UploadPart.upload_id == self._id))
        yield

    def _give_up(self, trouble: str) -> None:
        db.session.rollback()
        again = dict.fromkeys(("check_asked_at", "checked_at", "import_asked_at", "claimed_by"))
        self._note(trouble=trouble, **again)

    def put_back(self) -> None:
        """Let somebody else go on from here."""
        self._note(claimed_by=None)

    def _note(self, **values: Any) -> None:
        """Write it down, if this is still ours. Raises LostClaim: what is not committed is not to be."""
        noting = update(Upload).where(Upload.id == self._id, Upload.claimed_by == self._mark).values(values)
        if db.session.scalar(noting.returning(Upload.id).execution_options(synchronize_session=False)) is None:
            raise LostClaim


class LostClaim(Exception):
    """Somebody else took the work up, or the upload was discarded."""


def _blocks_of(upload_id: int) -> Iterator[bytes]:
    """The file again. Each portion is read by itself, so that nobody waits while it is worked on."""
    position = 0
    part = select(UploadPart.data).where(UploadPart.upload_id == upload_id)
    while True:
        with db.engine.connect().execution_options(only_reads=True) as connection:
            data = connection.scalar(part.where(UploadPart.position == position))
        if data is None:
            return
        yield data
        position += 1


def _plain(file_name: str) -> str:
    """The last part of a name as a browser sends it, in characters that can be shown."""
    last = re.split(r"[\\/]", file_name)[-1]
    return "".join(filter(str.isprintable, last))[-200:].strip() or "people.csv"
