"""Files of the course, such as a handout or a recording. They lie in the database, in pieces, so that every machine
that serves the site has them and none has to hold a whole one in memory.
"""

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db

LARGEST_BYTES = 50 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
LONGEST_NAME = 100
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
# Whatever the browser makes of them, they are handed over as downloads that may do nothing on this site.
CONTENT_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".m4a": "audio/mp4",
    ".md": "text/markdown; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ogg": "audio/ogg",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".txt": "text/plain; charset=utf-8",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}


class UnfitFile(ValueError):
    """The file cannot be taken in. The message says why."""


class CourseFile(Model):
    """A file, by its name. Its bytes are never changed: another content is another row."""

    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def content_type(self) -> str:
        return content_type_of(self.name)

    @property
    def size_in_words(self) -> str:
        """Such as "34 kB"."""
        kilobytes = max(1, round(self.size / 1000))
        return f"{kilobytes} kB" if kilobytes < 1000 else f"{self.size / 1_000_000:.1f} MB"

    @property
    def kind(self) -> str:
        """Such as "PDF"."""
        return Path(self.name).suffix.removeprefix(".").upper()

    @classmethod
    def named(cls, name: str) -> "CourseFile | None":
        return db.session.scalar(select(cls).filter_by(name=name))

    @classmethod
    def all_named(cls, names: Collection[str]) -> "dict[str, CourseFile]":
        """By name."""
        if not names:
            return {}
        return {file.name: file for file in db.session.scalars(select(cls).where(cls.name.in_(names)))}

    @classmethod
    def all_by_name(cls) -> "dict[str, CourseFile]":
        return {file.name: file for file in db.session.scalars(select(cls).order_by(cls.name))}

    @classmethod
    def keep(cls, path: Path) -> "CourseFile":
        """The file at `path`, under its name: what was kept before if it is the same. Raises UnfitFile."""
        check(path)
        kept, digest = cls.named(path.name), _digest(path)
        if kept and kept.sha256 == digest:
            return kept
        if kept:
            db.session.delete(kept)
            db.session.flush()
        file = cls(name=path.name, size=path.stat().st_size, sha256=digest)
        db.session.add(file)
        db.session.flush()
        for number, data in enumerate(_pieces(path)):
            db.session.execute(insert(CourseFileChunk).values(file_id=file.id, number=number, data=data))
        return file

    def write_to(self, path: Path) -> None:
        with path.open("wb") as written:
            for number in range(-(-self.size // CHUNK_BYTES)):
                piece = select(CourseFileChunk.data).filter_by(file_id=self.id, number=number)
                written.write(db.session.scalars(piece).one())


class CourseFileChunk(Model):
    """A piece of a file, CHUNK_BYTES long unless it is the last, counted from 0."""

    file_id: Mapped[int] = mapped_column(ForeignKey("course_file.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


def content_type_of(name: str) -> str:
    """The type that goes with the ending of `name`; empty when such a file is not taken in."""
    return CONTENT_TYPES.get(Path(name).suffix, "")


def check(path: Path) -> None:
    """Raises UnfitFile when the file cannot be taken in."""
    if not path.is_file():
        raise UnfitFile("it is no file: put the files themselves into this folder, without folders in it")
    if len(path.name) > LONGEST_NAME or not _NAME.fullmatch(path.name):
        raise UnfitFile(
            f"name it with small letters and digits, with single dots, dashes or underscores between them, and at most "
            f"{LONGEST_NAME} characters, such as one-page-case.pdf"
        )
    if not content_type_of(path.name):
        raise UnfitFile(f"such a file cannot be given out: make it one of {', '.join(CONTENT_TYPES)}")
    if not 0 < (size := path.stat().st_size) <= LARGEST_BYTES:
        raise UnfitFile("it is larger than 50 MB: make it smaller, or link to it" if size else "it is empty")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            yield data


def _digest(path: Path) -> str:
    digest = sha256()
    for data in _pieces(path):
        digest.update(data)
    return digest.hexdigest()
