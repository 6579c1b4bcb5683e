"""The letter to a department chair, who is asked to approve of the course, as a PDF."""

from typing import Any

from app.enrollment.papers.letter_text import CLOSING, Words, lists, opening, terms
from app.enrollment.papers.sheet import RULE, SOFT, Sheet
from app.enrollment.papers.typefaces import SANS, SEMIBOLD

BY_HAND = "Please write them in by hand."


def draw(sheet: Sheet, facts: dict[str, Any], words: Words) -> None:
    for line in (words.written_on, "", words.chair, words.department):
        sheet.put(line, SANS, 10.5) if line else sheet.space(10)
    sheet.space(10)
    sheet.put(f"Request to attend: {facts['course']}", SEMIBOLD, 11.5)
    sheet.space(10)
    sheet.paragraphs("\n".join([f"Dear {words.chair},", opening(facts, words), *words.why.splitlines()]))
    sheet.rows(terms(facts, words))
    for title, lines in lists(facts):
        sheet.heading(title)
        sheet.items(lines)
    sheet.space(8)
    sheet.paragraphs(CLOSING)
    _signatures(sheet, words.name)
    sheet.own_up([words.name, words.chair, words.department, words.why], BY_HAND)


def _signatures(sheet: Sheet, name: str) -> None:
    sheet.keep_together(96)
    sheet.put("Sincerely,", SANS, 10.5)
    sheet.space(20)
    sheet.put(name, SANS, 10.5)
    sheet.space(26)
    for label, left, width in (("Approved by", sheet.l_margin, 290), ("Date", sheet.l_margin + 320, 140)):
        sheet.set_draw_color(*RULE)
        sheet.set_line_width(0.8)
        sheet.line(left, sheet.y, left + width, sheet.y)
        top = sheet.y
        sheet.set_xy(left, top + 3)
        sheet.put(label, SANS, 8.5, SOFT, width=width)
        sheet.set_y(top)
    sheet.space(16)
