"""The addresses in an issue's text, found and exchanged for others: in its HTML, and in its plain text."""

import re
from collections.abc import Callable
from html import escape, unescape

from markupsafe import Markup

from app import markdown

Exchange = Callable[[str], str]
LONGEST = 2000

# An opening tag up to the address it holds. Every attribute of ours stands in double quotes, and may hold a ">".
_ANCHOR = re.compile(r'(<a(?=\s)(?:[^">]|"[^"]*")*?\shref=")([^"]*)"', re.IGNORECASE)
_WRITTEN = re.compile(r"\bhttps?://(?:[^\s<>()\"]|\([^\s<>()\"]*\))+", re.IGNORECASE)
_ENDS_THE_SENTENCE = ".,;:!?*_'"
_LEADS_TO_A_PAGE = re.compile(r"https?://[^\s\x00-\x1f\x7f\\]+", re.IGNORECASE)


class Links:
    """What the addresses of an issue are exchanged for on its way out: as it stands, for nothing else."""

    # Where a link leads that no human sees; none, if empty.
    canary = ""

    def exchanged(self, url: str) -> str:
        """What to write in place of `url`."""
        return url


class FoundLinks(Links):
    """Exchanges nothing, and keeps what it was asked to exchange."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def exchanged(self, url: str) -> str:
        if url not in self.urls:
            self.urls.append(url)
        return url


def leads_to_a_page(url: str) -> bool:
    """Whether `url` is a whole web address: no mailto, no javascript, nothing relative."""
    return len(url) <= LONGEST and _LEADS_TO_A_PAGE.fullmatch(url) is not None


def exchange_in_html(html: Markup, exchange: Exchange) -> Markup:
    """`html` with what every link to a web page leads to exchanged."""

    def exchanged(anchor: re.Match[str]) -> str:
        url = unescape(anchor[2])
        return f'{anchor[1]}{escape(exchange(url))}"' if leads_to_a_page(url) else anchor[0]

    return Markup(_ANCHOR.sub(exchanged, html))  # noqa: S704 - what was safe is, and what comes in is escaped.


def exchange_in_text(text: str, exchange: Exchange) -> str:
    """Plain `text` with every web address in it exchanged. It is read as Markdown reads it, so that an address is the
    same one as in the HTML."""

    def exchanged(written: re.Match[str]) -> str:
        bare = written[0].rstrip(_ENDS_THE_SENTENCE)
        url = markdown.address(bare)
        return (exchange(url) if leads_to_a_page(url) else bare) + written[0][len(bare) :]

    return _WRITTEN.sub(exchanged, text)
