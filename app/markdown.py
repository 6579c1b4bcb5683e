"""Markdown to HTML, for what the owner writes: rendered by markdown-it, then cleaned to a fixed list of tags."""

import re
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

TAGS = {
    "a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h2", "h3", "h4", "hr", "i", "img", "li",
    "ol", "p", "pre", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"data-label"},
    "th": {"scope"},
}


BRACKETS = (("(", ")"), ("[", "]"))
# What a sentence goes on with after an address.
PUNCTUATION = ".,;:!?*_'\"\N{RIGHT SINGLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{HORIZONTAL ELLIPSIS}"


class _Renderer(RendererHTML):
    """Tables that become cards on a phone: each cell carries the name of its column."""

    def table_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        env["columns"], env["column"] = [], 0
        return '<div class="table"><table>\n'

    def table_close(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def tr_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        env["column"] = 0
        return "<tr>\n"

    def th_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        env["columns"].append(tokens[index + 1].content)
        return '<th scope="col">'

    def td_open(self, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        label = env["columns"][env["column"]] if env["column"] < len(env["columns"]) else ""
        env["column"] += 1
        return f'<td data-label="{escape(label)}">'


_parser = (
    MarkdownIt("commonmark", {"html": False, "typographer": True}, renderer_cls=_Renderer)
    .enable(["table", "smartquotes", "replacements"])
    .use(anchors_plugin, min_level=2, max_level=3)
)
_few_words = MarkdownIt("commonmark", {"html": False, "typographer": True, "breaks": True})
_few_words.enable(["smartquotes", "replacements"]).disable(["heading", "lheading", "image"])
# Only for finding the HTML that the other one takes for text. It leaves alone what stands in code.
_finder = MarkdownIt("commonmark", {"html": True}).enable("table")
# What looks like a mark inside an address belongs to the address.
_ADDRESS_OR_MARK = re.compile(
    r"(https?://[^\s<>()]*(?:[^\s<>()*_]|[*_](?=\))))|\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)"
)
# A bare address; before it what Markdown reads as code or a link, so that no address in these is found.
_BARE_ADDRESS = re.compile(r"(?s)(`+).*?\1|\[[^\]]*\]\([^)]*\)|<[^<>]*>|(?P<address>https?://[^\s<>`]+)")
_cleaner = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    allowed_classes={"div": {"table"}},
    url_schemes={"https", "http", "mailto"},
    link_rel=None,
)


def render(text: str) -> Markup:
    """Safe HTML of `text`. Raw HTML in it is shown as text; links may be http, https, mailto or of this site."""
    return Markup(_cleaner.clean(_parser.render(text)))  # noqa: S704 - nh3 has cleaned it.


def render_answer(text: str) -> Markup:
    """Safe HTML of `text`, written to one person as in a chat: each line stays one, and a bare address is a link.

    There are no headings, and instead of a picture a link to it.
    """
    return Markup(_cleaner.clean(_few_words.render(link_addresses(text))))  # noqa: S704 - nh3 has cleaned it.


def pictures_in(text: str) -> list[str]:
    """The address of each picture that `render` shows."""
    return [str(token.attrs["src"]) for block in _parser.parse(text) for token in block.children or ()
            if token.type == "image"]  # fmt: skip


def link_addresses(text: str) -> str:
    """`text` with each http and https address that stands in it by itself as a link."""
    return _BARE_ADDRESS.sub(lambda found: _link(found["address"]) if found["address"] else found[0], text)


def _link(found: str) -> str:
    """Without the punctuation that goes on after the address, or the bracket that closes around it."""
    end = found
    while end[-1] in PUNCTUATION or any(end[-1] == shut and end.count(shut) > end.count(to) for to, shut in BRACKETS):
        end = end[:-1]
    return found if end.endswith("//") else f"<{end}>{found[len(end) :]}"


def raw_html(text: str) -> list[tuple[int, str]]:
    """What in `text` is HTML, which `render` shows as it is typed: lines, counted from 1, and the first tag of each."""
    found: dict[int, str] = {}
    for token in _finder.parse(text):
        first, place = token.map[0] + 1 if token.map else 1, 0
        if token.type == "html_block":
            found.setdefault(first, token.content.split("\n")[0].strip())
        for child in token.children or []:
            place = max(place, token.content.find(child.content, place))
            if child.type == "html_inline":
                found.setdefault(first + token.content.count("\n", 0, place), child.content.split("\n")[0])
            place += len(child.content)
    return sorted(found.items())


def address(written: str) -> str:
    """The address that `written` leads to, as a link's target in Markdown: "a\\_b" is "a_b", "ü" is "%C3%BC"."""
    return str(_parser.normalizeLink(unescapeAll(written)))


def plain(text: str) -> str:
    """`text` as a reader of plain mail should see it: links as "words (address)", no marks of emphasis."""
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r"\1 (\2)", text)
    return _ADDRESS_OR_MARK.sub(lambda found: found[1] or "", text)


def words(text: str) -> int:
    """How many words a reader reads."""
    return len(plain(text).split())
