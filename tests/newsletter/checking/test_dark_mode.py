"""What cannot be read where a device is dark."""

import pytest

from app.newsletter.checking.dark_mode import contrast, faint
from app.newsletter.checking.mail_html import elements

DARK = "@media (prefers-color-scheme: dark) { %s }"


@pytest.fixture(autouse=True)
def letter():
    """No site is needed here."""


def lost(body, css=""):
    """The words that are lost in dark mode."""
    page = f"<html><head><style>{css}</style><title>Black</title></head><body>{body}</body></html>"
    return [each.words for each in faint(elements(page))]


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(
    "body",
    [
        '<p style="color: #000">Lost</p>',
        '<div style="color: rgb(10, 20, 30)"><p>Lost</p></div>',
        '<font color="black">Lost</font>',
        '<table bgcolor="#ffffff"><tr><td>Lost</td></tr></table>',
        '<p style="background: white url(x.png)">Lost</p>',
        '<p style="background-color: #ffffff; color: #eee">Lost</p>',
    ],
)
def test_a_color_for_light_devices_alone_is_found(body):
    assert lost(body) == ["Lost"]


@pytest.mark.parametrize(
    "body",
    [
        "<p>Seen</p>",
        '<a href="https://example.org">Seen</a>',
        '<p style="color: #000; background-color: #fff">Seen</p>',
        '<p style="color: #000"><span style="color: #ddd">Seen</span></p>',
        '<p style="color: #000; background-color: transparent"> &nbsp; </p>',
        '<p style="background-color: rgba(255, 255, 255, 0)">Seen</p>',
        '<div style="display: none; color: #000"><p>Hidden</p></div>',
    ],
)
def test_what_can_be_read_is_let_go(body):
    assert lost(body) == []


def test_a_rule_for_dark_devices_wins_only_where_it_is_important():
    written = '<p class="small" style="color: #111">Words</p>'
    assert lost(written, DARK % "p { color: #eee !important }") == []
    assert lost(written, DARK % ".small { color: #eee !important }") == []
    assert lost(written, DARK % "p { color: #eee }") == ["Words"]
    assert lost(written, "@media (max-width: 480px) { p { color: #eee !important } }") == ["Words"]
    assert lost(written, DARK % "td p { color: #eee !important }") == ["Words"]


def test_of_two_important_rules_the_more_exact_wins_then_the_later():
    written = '<table><tr><td class="foot"><p style="color: #eee">Words</p></td></tr></table>'
    assert lost(written, DARK % ".foot p { color: #111 !important } p { color: #eee !important }") == ["Words"]
    assert lost(written, DARK % "p { color: #111 !important } p { color: #eee !important }") == []


def test_a_ground_made_dark_leaves_words_behind_that_were_not_made_light():
    sheet = '<table class="sheet" style="background-color: #fff"><tr><td><p style="color: #1c2b2a">Words</p></td></tr>'
    assert lost(sheet) == []
    assert lost(sheet, DARK % ".sheet { background-color: #101716 !important }") == ["Words"]
