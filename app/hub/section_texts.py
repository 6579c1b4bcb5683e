"""A hub's file holds the texts of all its sections, each under its heading: taken apart here, and put together."""

from collections.abc import Iterable

from markdown_it import MarkdownIt

from app.content_files import ContentError, ContentFile

_parser = MarkdownIt("commonmark")


def take_apart(file: ContentFile, text: str, headings: list[str]) -> list[str]:
    """The text under each of `headings`, which must be the `## ` headings of `text`, in their order."""
    lines = text.splitlines()
    starts = _headings(text)
    if "".join(lines[: starts[0][0]] if starts else lines).strip():
        raise ContentError(f"{file.path}: there is text before the first ## heading: put it under one")
    found = [heading for _line, heading in starts]
    for heading in headings:
        if heading not in found:
            raise ContentError(f"{file.path}: section {heading!r} has no part of the text: add a line ## {heading}")
    for heading in found:
        if heading not in headings:
            raise ContentError(f"{file.path}: ## {heading} is not among the sections of the front matter")
    if found != headings:
        raise ContentError(f"{file.path}: the ## headings stand in another order than the sections of the front matter")
    ends = [start for start, _heading in starts[1:]] + [len(lines)]
    return ["\n".join(lines[start + 1 : end]).strip() for (start, _), end in zip(starts, ends, strict=True)]


def put_together(sections: Iterable[tuple[str, str]]) -> str:
    """One text of headings and the texts under them, as take_apart reads it."""
    return "\n\n".join(f"## {heading}\n\n{text}".strip() for heading, text in sections)


def _headings(text: str) -> list[tuple[int, str]]:
    """The line and the words of every `## ` heading: those a reader of Markdown sees, not those shown as code."""
    tokens = _parser.parse(text)
    return [
        (token.map[0], tokens[index + 1].content)
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.markup == "##" and token.level == 0 and token.map
    ]
