"""CSV from anywhere, a row at a time and in bounded memory, whatever the file holds.

What one row cannot be read for is that row's trouble alone: it is told with its line, and the next row is read.
"""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

BLOCK = 64 * 1024
LONGEST_LINE = 100_000
MOST_LINES_OF_A_ROW = 50
MOST_COLUMNS = 500
ENCODINGS = {
    "utf-8": "UTF-8",
    "windows-1252": "Windows-1252 (Excel on Windows)",
    "mac-roman": "Mac Roman (Excel on a Mac)",
    "utf-16": "UTF-16",
}
DELIMITERS = ",;\t|"
_QUOTES_OPEN = "A quote is opened and never closed."
_QUOTES_ODD = "Its quotes are not as CSV has them: a quote inside a quoted cell is written twice."
_CODECS = {"utf-8": "utf-8-sig"}
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# A byte that did not fit the encoding comes out of the decoder as one of these.
_DAMAGED = re.compile("[\ufffd\udc80-\udcff]")


class UnreadableFile(ValueError):
    """The file as a whole is of no use. The message says why, and what to do."""


class Row(NamedTuple):
    """A row at the line it begins on: its cells, or the trouble it is rejected for and what stands in that line."""

    line: int
    cells: list[str]
    trouble: str = ""
    text: str = ""


class Table:
    """The header of a CSV file, and its rows as they are read. Raises UnreadableFile."""

    def __init__(self, blocks: Iterable[bytes], encoding: str = "") -> None:
        """`blocks` are the file's bytes in any portions; `encoding` is one of ENCODINGS, or found out."""
        start, blocks = _first_block(iter(blocks))
        self.encoding = encoding or _encoding_of(start)
        lines = _Lines(_lines(chain([start], blocks), self.encoding))
        first = next((line for line in lines if line[1] is None or line[1].strip()), None)
        if first is None:
            raise UnreadableFile("The file is empty.")
        if first[1] is not None and (told := re.fullmatch(r"sep=(.)", first[1].strip("\n"))):
            self.delimiter = told[1]
        else:
            self.delimiter = _delimiter_of(first[1] or "")
            lines.put_back([first])
        self._rows = _rows(lines, self.delimiter)
        self.header = self._read_header()

    def __iter__(self) -> Iterator[Row]:
        """The rows that hold anything, each once."""
        return (row for row in self._rows if row.trouble or any(cell.strip() for cell in row.cells))

    def _read_header(self) -> list[str]:
        row = next(iter(self), None)
        if row is None:
            raise UnreadableFile("The file is empty.")
        if row.trouble:
            raise UnreadableFile(f"The header, line {row.line}: {row.trouble}")
        if len(row.cells) > MOST_COLUMNS:
            raise UnreadableFile(f"The header has {len(row.cells)} columns; {MOST_COLUMNS} are the most there can be.")
        return [" ".join(cell.split()) for cell in row.cells]


def _first_block(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Enough of the beginning to tell the encoding by, and the rest."""
    start = b""
    while len(start) < 1024 and (block := next(blocks, None)) is not None:
        start += block
    return start, blocks


def _encoding_of(start: bytes) -> str:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    # Latin letters in UTF-16 come with a zero byte each.
    even, odd = start[:1000:2].count(0), start[1:1000:2].count(0)
    if max(even, odd) * 4 > len(start[:1000]):
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _delimiter_of(header: str) -> str:
    unquoted = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=unquoted.count)


def _lines(blocks: Iterable[bytes], encoding: str) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers, each ending in one newline whatever ended it; None for one that is too long."""
    inner = codecs.getincrementaldecoder(_CODECS.get(encoding, encoding))(
        "replace" if encoding.startswith("utf-16") else "surrogateescape"
    )
    decoder = io.IncrementalNewlineDecoder(inner, translate=True)
    number, rest, too_long = 1, "", False
    for block, is_last in chain(((block, False) for block in blocks), [(b"", True)]):
        *whole, rest = (rest + decoder.decode(block, final=is_last)).split("\n")
        for line in whole:
            yield number, None if too_long or len(line) > LONGEST_LINE else line + "\n"
            number, too_long = number + 1, False
        if len(rest) > LONGEST_LINE:
            rest, too_long = "", True
    if rest or too_long:
        yield number, None if too_long else rest + "\n"


class _Lines:
    """Lines that can be put back."""

    def __init__(self, lines: Iterator[tuple[int, str | None]]) -> None:
        self._lines = lines
        self._back: deque[tuple[int, str | None]] = deque()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> tuple[int, str | None]:
        return self._back.popleft() if self._back else next(self._lines)

    def put_back(self, lines: list[tuple[int, str | None]]) -> None:
        self._back.extendleft(reversed(lines))


def _rows(lines: _Lines, delimiter: str) -> Iterator[Row]:
    width = 0
    for number, text in lines:
        trouble, cells = _trouble_of(text), list[str]()
        if not trouble and text is not None:
            if '"' in text:
                cells, trouble = _quoted_row(text, lines, delimiter)
            else:
                cells = text[:-1].split(delimiter)
        width = width or len(cells)
        if not trouble and any(cells[width:]):
            trouble = f"It has {len(cells)} cells, but there are {width} columns."
        yield Row(number, [], trouble, text or "") if trouble else Row(number, cells)


def _trouble_of(line: str | None) -> str:
    if line is None:
        return f"The line is longer than {LONGEST_LINE:,} characters."
    if "\0" in line:
        return "The line holds a NUL character."
    if not line.isascii() and _DAMAGED.search(line):
        return "The line is not in the encoding of the file. If many are not, choose another encoding."
    return ""


def _quoted_row(first: str, lines: _Lines, delimiter: str) -> tuple[list[str], str]:
    """The cells of a row with quotes, which may go on over further lines; or its trouble, and those lines put back."""
    taken: list[tuple[int, str | None]] = []

    def texts() -> Iterator[str]:
        yield first
        while len(taken) < MOST_LINES_OF_A_ROW and (more := next(lines, None)):
            taken.append(more)
            if more[1] is None or _trouble_of(more[1]):
                return
            yield more[1]

    try:
        return next(csv.reader(texts(), delimiter=delimiter, strict=True)), ""
    except csv.Error as problem:
        lines.put_back(taken)
        return [], _QUOTES_OPEN if "end of data" in str(problem) else _QUOTES_ODD
