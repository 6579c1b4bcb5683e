import pytest

from app.outbox import return_address


@pytest.fixture(autouse=True)
def _bounce_address(app, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_BOUNCE_ADDRESS", "bounces@mail.example.org")


def test_a_tag_is_found_again_whatever_stands_around_the_address_and_in_whatever_case():
    address = return_address.tagged("12-3f")
    assert address == "bounces+12-3f@mail.example.org"
    for text in (address, f"Return-Path: <{address}>", address.upper(), f'"Ada" <x@example.org>, {address};'):
        assert return_address.tags_in(text) == ["12-3f"]


@pytest.mark.parametrize(
    "text",
    [
        "", "bounces@mail.example.org", "bounces+@mail.example.org", "xbounces+1@mail.example.org",
        "bounces+1@mail.example.org.evil.example", "bounces+1@mailxexample.org", "a+bounces+1@mail.example.org",
        f"bounces+{'1' * 65}@mail.example.org",
    ],
)  # fmt: skip
def test_an_address_of_somebody_else_holds_no_tag(text):
    assert return_address.tags_in(text) == []
