"""A sheet of US Letter in the site's look: what every paper is drawn on.

The same calls give the same bytes: nothing in a document comes from the clock or from chance.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fpdf import FPDF
from fpdf.prefs import ViewerPreferences

from app.enrollment.papers.typefaces import LACKING, OTHERS, SANS, SEMIBOLD, SERIF, file_of, is_whole, set_in
from app.people.forms import plain_line

Color = tuple[int, int, int]
INK: Color = (28, 43, 42)
SOFT: Color = (84, 101, 99)
EVERGREEN: Color = (15, 76, 69)
MARIGOLD: Color = (227, 163, 59)
CLAY: Color = (164, 72, 31)
RULE: Color = (214, 207, 189)
MARGIN = 64.0
LABELS = 124.0
# The site's mark, as templates/_drawings/mark.svg draws it with the style sheet's colors.
MARK = Path(__file__).parent / "mark.svg"


class About(NamedTuple):
    """What a document says of itself. `foot` stands at the foot of each page."""

    title: str
    provider: str
    drawn_at: datetime
    foot: tuple[str, ...]
    landscape: bool = False
    letterhead: bool = True


class Sheet(FPDF):
    def __init__(self, about: About) -> None:
        super().__init__("landscape" if about.landscape else "portrait", unit="pt", format="letter")
        self.about = about
        self.set_title(plain_line(about.title))
        self.set_author(plain_line(about.provider))
        self.set_creator(plain_line(about.provider))
        self.set_producer("fpdf2")
        self.set_lang("en-US")
        self.set_creation_date(about.drawn_at)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.alias_nb_pages(None)  # type: ignore[arg-type]  # Else "{nb}" in a name would become a number.
        self.set_margins(MARGIN, 50, MARGIN)
        self.set_auto_page_break(True, 80)
        self.c_margin = 0
        self.add_page()

    def file_id(self) -> str:
        """The id that readers know the document by, made of what it says of itself."""
        digest = sha256(repr(self.about).encode()).hexdigest()[:32].upper()
        return f"<{digest}><{digest}>"

    def header(self) -> None:
        if not self.about.letterhead:
            return
        self.image(MARK, x=MARGIN, y=44, w=24, alt_text="")
        self.set_xy(MARGIN + 32, 49)
        self.put(self.about.provider, SERIF, 14, EVERGREEN)
        self.line_across(80, MARIGOLD, 1.2)
        self.set_y(104)

    def footer(self) -> None:
        self.set_y(-70)
        self.line_across(self.y - 8, RULE, 0.6)
        for line in self.about.foot:
            self.put(line, SANS, 8.5, SOFT, align="C" if self.about.landscape else "L")

    def put(
        self,
        text: str,
        face: str,
        size: float,
        color: Color = INK,
        *,
        width: float = 0,
        align: str = "L",
        leading: float = 1.4,
    ) -> None:
        """A paragraph at the point reached, in `face` or whichever typeface has its letters; the next begins below."""
        left = self.x
        chosen = set_in(face, plain_line(text))
        faces = [chosen.face or face, *(() if chosen.face else OTHERS)]
        for name in faces:
            if name not in self.fonts:
                self.add_font(name, "", file_of(name))
        self.set_fallback_fonts(faces[1:], exact_match=False)
        # It orders and joins what needs it, and kerns headings; for small text it only takes long.
        self.set_text_shaping(faces[0] not in (SANS, SEMIBOLD) or len(faces) > 1)
        self.set_font(faces[0], size=size)
        self.set_text_color(*color)
        self.multi_cell(width, size * leading, chosen.text, align=align, new_x="LEFT", new_y="NEXT")
        self.x = left

    def heading(self, text: str) -> None:
        self.keep_together(60)
        self.space(11)
        self.put(text, SERIF, 13.5, EVERGREEN)
        self.space(3)

    def paragraphs(self, text: str) -> None:
        for paragraph in text.splitlines():
            if paragraph.strip():
                self.put(paragraph, SANS, 10.5)
                self.space(6)

    def rows(self, rows: Iterable[tuple[str, str]]) -> None:
        """Labels with what stands beside them; a row that says nothing is left out."""
        for label, value in rows:
            if value:
                self._row(label, value)

    def _row(self, label: str, value: str) -> None:
        self.keep_together(40)
        page, top = self.page, self.y
        self.put(label, SANS, 9, SOFT, width=LABELS - 10, leading=1.4 * 10 / 9)
        under_label = self.y
        self.set_xy(self.l_margin + LABELS, top)
        self.put(value, SANS, 10)
        self.set_xy(self.l_margin, max(self.y, under_label) + 2 if self.page == page else self.y + 2)

    def items(self, texts: Iterable[str]) -> None:
        for text in texts:
            self.keep_together(18)
            top = self.y
            self.put("•", SANS, 10, SOFT, width=18)
            self.set_xy(self.l_margin + 18, top)
            self.put(text, SANS, 10)
            self.x = self.l_margin

    def amounts(self, rows: Iterable[tuple[str, str]], total: tuple[str, str]) -> None:
        """Sums of money, one below the other, and what they come to."""
        for label, amount in rows:
            self._amount(label, amount, SANS)
        self.line_across(self.y + 1, RULE, 0.6)
        self.space(4)
        self._amount(*total, SEMIBOLD)

    def _amount(self, label: str, amount: str, face: str) -> None:
        self.keep_together(20)
        top = self.y
        self.put(label, face, 10.5, width=self.epw - 110)
        bottom = self.y
        self.set_xy(self.w - self.r_margin - 110, top)
        self.put(amount, face, 10.5, width=110, align="R")
        self.set_xy(self.l_margin, bottom + 1)

    def notice(self, title: str, text: str, color: Color = EVERGREEN) -> None:
        """What must not be overlooked, with a bar of `color` beside it."""
        self.space(12)
        self.keep_together(64)
        page, top, left = self.page, self.y, self.l_margin
        for words, face, ink in ((title, SEMIBOLD, color), (text, SANS, INK)):
            self.set_x(left + 14)
            self.put(words, face, 10.5, ink, width=self.epw - 14)
        self.x = left
        if self.page == page:
            self.set_fill_color(*color)
            self.rect(left, top + 2, 3, self.y - top - 3, style="F")

    def own_up(self, texts: Iterable[str], instead: str) -> None:
        """Say what stands for letters that no typeface has, and where to read them, if `texts` have any such."""
        if not is_whole(*texts):
            said = f"{LACKING} stands for letters that the typefaces of this document lack. {instead}"
            self.notice("Letters this document cannot show", said, CLAY)

    def keep_together(self, height: float) -> None:
        """Go on to the next page unless so much room is left on this one."""
        if self.will_page_break(height):
            self.add_page()

    def space(self, height: float) -> None:
        self.set_y(self.y + height)

    def line_across(self, y: float, color: Color, width: float) -> None:
        self.set_draw_color(*color)
        self.set_line_width(width)
        self.line(self.l_margin, y, self.w - self.r_margin, y)

    @property
    def bytes(self) -> bytes:
        return bytes(self.output())
