import pytest

from app import markdown

AT = "https://example.org/rooms?a=1&b_c=2"
HREF = AT.replace("&", "&amp;")
LINK = f'<a href="{HREF}">{HREF}</a>'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (f"Join at {AT}.", f"Join at {LINK}."),
        (f"(See {AT})", f"(See {LINK})"),
        (f"**{AT}**", f"<strong>{LINK}</strong>"),
        ("http://example.org/a_(b), or", '<a href="http://example.org/a_(b)">http://example.org/a_(b)</a>, or'),
        (f"[Room]({AT})", f'<a href="{HREF}">Room</a>'),
        (f"[{AT}]({AT})", f'<a href="{HREF}">{HREF}</a>'),
        (f"<{AT}>", LINK),
        (f"`{AT}`", f"<code>{HREF}</code>"),
        ("https://… and javascript://x", "https://… and javascript://x"),
    ],
)
def test_an_address_that_stands_by_itself_is_a_link_once(text, html):
    assert str(markdown.render(markdown.link_addresses(text))) == f"<p>{html}</p>\n"
