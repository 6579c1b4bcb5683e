"""Signed links: what is not letter for letter as signed is not ours."""

import string

import pytest

from app import tokens


def test_a_token_holds_what_was_signed(app):
    assert tokens.read("a", tokens.sign("a", [1, 2])) == [1, 2]


def test_the_last_letter_has_one_spelling(app):
    """Two of its six bits are nobody's: four letters there would mean the same bytes."""
    token = tokens.sign("a", [1, 2])
    good = []
    for letter in string.ascii_letters + string.digits + "-_":
        try:
            tokens.read("a", token[:-1] + letter)
            good.append(letter)
        except tokens.InvalidToken:
            pass
    assert good == [token[-1]]


@pytest.mark.parametrize("foreign", ["!", " ", "\n", "=", "é", "\ud800", "+", "/", "%", "\0"])
@pytest.mark.parametrize("place", [0, 3, -5, None])
def test_a_foreign_character_anywhere_makes_it_no_token(app, foreign, place):
    token = tokens.sign("a", [1, 2])
    spoiled = token + foreign if place is None else token[:place] + foreign + token[place:]
    with pytest.raises(tokens.InvalidToken):
        tokens.read("a", spoiled)


@pytest.mark.parametrize("nonsense", ["", ".", "..", "a", "a.b", "a.b.c", "." * 5000])
def test_nonsense_is_no_token(app, nonsense):
    with pytest.raises(tokens.InvalidToken):
        tokens.read("a", nonsense)
