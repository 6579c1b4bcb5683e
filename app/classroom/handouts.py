"""Handouts to print and write on: a page each, as a PDF drawn from a file that says what stands on it.

Import this where one is drawn, not at the top of a module: with what it imports it takes a third of a second.
"""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.classroom.files import UnfitFile
from app.clock import now
from app.enrollment.papers.sheet import EVERGREEN, INK, SOFT, About, Sheet
from app.enrollment.papers.typefaces import SANS, SEMIBOLD, SERIF

MARGIN, GAP, PADDING = 46.0, 18.0, 4.0
LOWEST = 708.0  # Below it stands the foot of the page.
# How far apart lines to write on are, in points: as the page has room for.
LEAST, MOST = 14.0, 40.0
MOST_ROWS = 100  # More than fit.
HOW = "write it as title, lede, foot and parts; a part has heading, hint, lines, items, columns, widths and rows"


class Part(NamedTuple):
    """What stands under a heading: items, a table whose cells may be empty, and so many lines to write on."""

    heading: str
    hint: str
    items: list[str]
    columns: list[str]
    widths: list[int]
    rows: list[list[str]]
    lines: int


class Handout(NamedTuple):
    """`parts` are the rows of the page: one part, or several side by side."""

    title: str
    lede: str
    foot: str
    parts: list[list[Part]]


def read(path: Path) -> Handout:
    """The handout in the file at `path`. Raises UnfitFile."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        parts = [[_part(each) for each in (row if isinstance(row, list) else [row])] for row in written.pop("parts")]
        return Handout(parts=parts, **{key: str(value) for key, value in written.items()})
    except (UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as problem:
        raise UnfitFile(f"it is no handout ({' '.join(str(problem).split())}): {HOW}") from None


def _part(written: dict[str, Any]) -> Part:
    if unknown := written.keys() - set(Part._fields):
        raise ValueError(f"there is no {', '.join(sorted(unknown))}")
    columns, rows, lines = _texts(written, "columns"), written.get("rows", []), int(written.get("lines", 0))
    widths = [int(width) for width in written.get("widths", [1] * len(columns))]
    rows = [[]] * min(rows, MOST_ROWS) if isinstance(rows, int) else [[str(cell) for cell in row] for row in rows]
    if len(widths) != len(columns) or min(widths, default=1) < 1 or max(map(len, rows), default=0) > len(columns):
        raise ValueError("widths has a number for each column, and no row more cells than there are columns")
    cells = [row + [""] * (len(columns) - len(row)) for row in rows]
    heading, hint = str(written.get("heading", "")), str(written.get("hint", ""))
    return Part(heading, hint, _texts(written, "items"), columns, widths, cells, min(lines, MOST_ROWS))


def _texts(written: dict[str, Any], key: str) -> list[str]:
    return [str(text) for text in written.get(key, [])]


def draw(handout: Handout, provider: str) -> bytes:
    """The PDF, which fills its page. Raises UnfitFile."""
    about = About(handout.title, provider, now(), (provider, handout.foot), letterhead=False)
    tried = Sheet(about)
    least, most = (_draw(tried, handout, height) for height in (LEAST, MOST))
    tried.output()  # With that it closes the files of its typefaces.
    if least > LOWEST:
        raise UnfitFile("it does not fit on a page: leave something out")
    # Rows of a table that have text grow later than lines do: what is between the two is never more than this.
    share = min(1.0, (LOWEST - least) / (most - least)) if most > least else 1.0
    sheet = Sheet(about)
    _draw(sheet, handout, LEAST + share * (MOST - LEAST))
    return sheet.bytes


def _draw(sheet: Sheet, handout: Handout, height: float) -> float:
    """How far down it goes."""
    sheet.set_auto_page_break(False)
    sheet.set_margins(MARGIN, MARGIN, MARGIN)
    sheet.set_xy(MARGIN, MARGIN)
    sheet.put(handout.title, SERIF, 22, EVERGREEN, leading=1.2)
    sheet.space(3)
    sheet.put(handout.lede, SANS, 10.5)
    for parts in handout.parts:
        top, width = sheet.y + 9, (sheet.epw - GAP * (len(parts) - 1)) / len(parts)
        bottom = top
        for number, part in enumerate(parts):
            sheet.set_xy(MARGIN + number * (width + GAP), top)
            _draw_part(sheet, part, width, height)
            bottom = max(bottom, sheet.y)
        sheet.set_xy(MARGIN, bottom)
    return sheet.y


def _draw_part(sheet: Sheet, part: Part, width: float, height: float) -> None:
    left = sheet.x
    if part.heading:
        sheet.put(part.heading, SERIF, 12.5, EVERGREEN, width=width, leading=1.3)
    if part.hint:
        sheet.put(part.hint, SANS, 9.5, SOFT, width=width)
    for item in part.items:
        top = sheet.y
        sheet.put("•", SANS, 10, SOFT, width=12)
        sheet.set_xy(left + 12, top)
        sheet.put(item, SANS, 10, width=width - 12)
        sheet.set_x(left)
    if part.columns:
        sheet.y += 4
        widths = [width * share / sum(part.widths) for share in part.widths]
        _draw_row(sheet, part.columns, widths, 0, SEMIBOLD)
        for row in part.rows:
            _draw_row(sheet, row, widths, height, SANS)
    for _ in range(part.lines):
        sheet.y += height
        _use_pen(sheet)
        sheet.line(left, sheet.y, left + width, sheet.y)


def _draw_row(sheet: Sheet, cells: list[str], widths: list[float], height: float, face: str) -> None:
    left, top = sheet.x, sheet.y
    bottom, at = top + height, left
    for cell, width in zip(cells, widths, strict=True):
        sheet.set_xy(at + PADDING, top + PADDING / 2)
        if cell:
            sheet.put(cell, face, 9.5, INK, width=width - 2 * PADDING)
        bottom, at = max(bottom, sheet.y + PADDING / 2), at + width
    _use_pen(sheet)
    for width in widths:
        sheet.rect(left, top, width, bottom - top)
        left += width
    sheet.set_xy(at - sum(widths), bottom)


def _use_pen(sheet: Sheet) -> None:
    sheet.set_draw_color(*SOFT)
    sheet.set_line_width(0.5)
