"""What every piece of writing has: Markdown, its HTML kept beside it, and its length."""

import re

from markupsafe import Markup
from sqlalchemy.orm import Mapped, mapped_column, validates

from app import markdown

WORDS_PER_MINUTE = 200
_END_OF_PIECE = re.compile(r"</(?:h[2-4]|li|p|pre|t[dh])>")
_CLOSING = "\"')]\N{RIGHT SINGLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
_HEADING = re.compile(r'<h2 id="([^"]+)">(.*?)</h2>', re.DOTALL)


class Written:
    """Mixin of rows with a text. Setting `body` (Markdown) makes `html` and `words`, so that pages need not."""

    body: Mapped[str] = mapped_column(default="")
    html: Mapped[str] = mapped_column(default="")
    words: Mapped[int] = mapped_column(default=0)

    @validates("body")
    def _render(self, _key: str, body: str) -> str:
        self.html = str(markdown.render(body))
        self.words = markdown.words(body)
        return body

    @property
    def minutes(self) -> int:
        """How long the text takes to read."""
        return max(1, round(self.words / WORDS_PER_MINUTE))

    @property
    def text(self) -> str:
        """The text as read, in one line and without any markup. No heading runs on into what stands under it."""
        pieces = (Markup(piece).striptags() for piece in _END_OF_PIECE.split(self.html))  # noqa: S704 - as plain text.
        ended = (piece if piece.rstrip(_CLOSING)[-1:] in ".!?:;,…" else f"{piece} ·" for piece in pieces if piece)
        return " ".join(ended).removesuffix(" ·")

    @property
    def contents(self) -> list[dict[str, str]]:
        """The text's own headings, for a list of contents."""
        return [
            {"anchor": anchor, "short": Markup(heading).striptags()}  # noqa: S704 - as above.
            for anchor, heading in _HEADING.findall(self.html)
        ]
