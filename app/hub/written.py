"""What every piece of writing has: Markdown, its HTML kept beside it, and its length."""

import re

from markupsafe import Markup
from sqlalchemy.orm import Mapped, mapped_column, validates

from app import markdown

WORDS_PER_MINUTE = 200
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
        """The text as read, without any markup."""
        return Markup(self.html).striptags()  # noqa: S704 - it comes out as plain text.

    @property
    def contents(self) -> list[dict[str, str]]:
        """The text's own headings, for a list of contents."""
        return [
            {"anchor": anchor, "short": Markup(heading).striptags()}  # noqa: S704 - as above.
            for anchor, heading in _HEADING.findall(self.html)
        ]
