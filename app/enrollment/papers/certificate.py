"""The certificate of completion as a PDF."""

from typing import Any

from app.enrollment.papers.sheet import EVERGREEN, INK, MARIGOLD, MARK, SOFT, Sheet
from app.enrollment.papers.typefaces import SANS, SERIF
from app.enrollment.papers.wording import IN_FULL, credit_of, hours_of, written_day

LONG_NAME = 36
LONG_TITLE = 60


def draw(sheet: Sheet, facts: dict[str, Any]) -> None:
    _frame(sheet)
    sheet.image(MARK, x=sheet.w / 2 - 24, y=84, w=48, alt_text="")
    sheet.set_y(138)
    _line(sheet, facts["provider"]["name"], SERIF, 15, EVERGREEN, above=0)
    _line(sheet, "Certificate of completion", SERIF, 32, above=26)
    _line(sheet, "This certifies that", SANS, 12, SOFT, above=16)
    _line(sheet, facts["attendee"], SERIF, 32 if len(facts["attendee"]) <= LONG_NAME else 18, EVERGREEN)
    _line(sheet, "has completed the lessons of the course", SANS, 12, SOFT, above=8)
    _line(sheet, facts["course"], SERIF, 21 if len(facts["course"]) <= LONG_TITLE else 15)
    _line(sheet, f"{facts['cohort']} · {facts['dates']}", SANS, 11.5, above=14)
    _line(sheet, f"Completed on {written_day(facts['completed_on'])}", SANS, 11.5, above=2)
    sheet.space(10)
    hours = hours_of(facts)
    for note in (f"{hours}." if hours else "", credit_of(facts)):
        if note:
            _line(sheet, note, SANS, 10, SOFT)
    sheet.own_up([facts["attendee"]], IN_FULL)


def _line(
    sheet: Sheet, text: str, face: str, size: float, color: tuple[int, int, int] = INK, *, above: float = 4
) -> None:
    sheet.space(above)
    sheet.put(text, face, size, color, align="C", leading=1.3)


def _frame(sheet: Sheet) -> None:
    for inset, width, color in ((26, 1.6, EVERGREEN), (32, 0.7, MARIGOLD)):
        sheet.set_draw_color(*color)
        sheet.set_line_width(width)
        sheet.rect(inset, inset, sheet.w - 2 * inset, sheet.h - 2 * inset)
