"""Course files on their way to a browser: piece by piece from the database, with no connection to it held meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator

from sqlalchemy import Engine, select

from app.classroom.files import CHUNK_BYTES, CourseFile, CourseFileChunk

# A browser opens a few connections for a recording it plays and seeks in.
AT_ONCE_FOR_ONE = 6


class StoredFile:
    """The bytes of a file as an iterator that can be told where to begin, as Werkzeug's ranges want it."""

    def __init__(self, engine: Engine, file: CourseFile) -> None:
        # On SQLite, reading takes no lock that writers would wait for.
        self._engine = engine.execution_options(only_reads=True)
        self._file_id, self._sha256, self._size, self._at = file.id, file.sha256, file.size, 0

    def seekable(self) -> bool:
        return True

    def seek(self, at: int) -> None:
        self._at = at

    def tell(self) -> int:
        return self._at

    def __iter__(self) -> "StoredFile":
        return self

    def __next__(self) -> bytes:
        """From where it stands to the end of the piece. Raises LookupError when the file has been replaced meanwhile,
        so that no answer is made of two files: the browser sees that it broke off, and asks again.
        """
        if self._at >= self._size:
            raise StopIteration
        number, offset = divmod(self._at, CHUNK_BYTES)
        with self._engine.connect() as connection:
            # SQLite may give the number of a file that is gone to the one that took its place.
            same = select(CourseFile.id).where(CourseFile.id == self._file_id, CourseFile.sha256 == self._sha256)
            wanted = select(CourseFileChunk.data).where(CourseFileChunk.number == number)
            data = connection.scalar(wanted.where(CourseFileChunk.file_id.in_(same)))
        if data is None:
            raise LookupError(f"piece {number} of course file {self._file_id} is gone")
        piece: bytes = data[offset:]
        self._at += len(piece)
        return piece


class Slots:
    """Who may receive a long file just now. Each takes a thread for as long as its receiver likes, and there have to be
    some left for pages.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[int] = Counter()

    def take(self, person_id: int) -> bool:
        with self._lock:
            if self._taken.total() >= self._most or self._taken[person_id] >= AT_ONCE_FOR_ONE:
                return False
            self._taken[person_id] += 1
            return True

    def give_back(self, person_id: int) -> None:
        with self._lock:
            self._taken[person_id] -= 1
            self._taken += Counter()  # Drops those who have none.


class UntilDone:
    """An answer's body that says once when it has ended: all was sent, it failed, or the receiver went away."""

    def __init__(self, body: Iterator[bytes], done: Callable[[], None]) -> None:
        self._body, self._done, self._ended = body, done, False

    def __iter__(self) -> "UntilDone":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._body)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self._done()

    __del__ = close  # A server that drops it without a word has done with it too.
