"""The HTML of a mail, read back the way a mail program reads it: a tree of elements with their attributes and words."""

from collections.abc import Iterator
from functools import cached_property
from html.parser import HTMLParser

# HTML Living Standard §13.1.2: these have no end tag.
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
# What holds a sentence or more.
BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "h4", "td", "th", "blockquote", "pre", "div", "body"})
UNSEEN = frozenset({"head", "style", "script", "title", "template"})


class Element:
    """One element. `words` is the text that stands directly in it, with single spaces."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: "Element | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self._texts: list[str] = []
        self._all_texts: list[str] = []

    def add(self, text: str) -> None:
        self._texts.append(text)
        for element in self.lineage():
            element._all_texts.append(text)

    @property
    def words(self) -> str:
        return " ".join("".join(self._texts).split())

    @property
    def all_words(self) -> str:
        """The text in it and in the elements that it holds."""
        return " ".join("".join(self._all_texts).split())

    @property
    def passage(self) -> str:
        """All the text of the block that it stands in, whatever other elements hold of it."""
        return next((element for element in self.lineage() if element.tag in BLOCKS), self).all_words

    @property
    def source(self) -> str:
        """The text as it stands, for what is no prose: a style block."""
        return "".join(self._texts)

    @cached_property
    def marks(self) -> frozenset[str]:
        """Its classes and its id, as selectors write them."""
        classes = {f".{name}" for name in self.attributes.get("class", "").split()}
        return frozenset(classes | {f"#{self.attributes.get('id', '')}"})

    def lineage(self) -> "Iterator[Element]":
        """The element itself, then each that it lies in, outwards."""
        element: Element | None = self
        while element:
            yield element
            element = element.parent

    @property
    def is_seen(self) -> bool:
        """Whether it lies in nothing whose text is never shown as part of the page."""
        return not any(element.tag in UNSEEN for element in self.lineage())

    @property
    def is_prose(self) -> bool:
        """Whether it is shown, and not as what somebody types."""
        return self.is_seen and not any(element.tag in ("code", "pre") for element in self.lineage())


def elements(html: str) -> list[Element]:
    """Every element of `html`, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Element] = []
        self._open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1] if self._open else None
        element = Element(tag, {name: value or "" for name, value in attrs}, parent)
        self.found.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if any(element.tag == tag for element in self._open):
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].add(data)
