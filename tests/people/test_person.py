import pytest

from app.extensions import db
from app.people.addresses import InvalidAddress, normalize
from app.people.models import Person


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("ada@bücher.example.org", "ada@xn--bcher-kva.example.org"),
        ("ADA+tag@example.org", "ada+tag@example.org"),
    ],
)
def test_an_address_has_one_spelling(typed, stored):
    assert normalize(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@", "a\r\nBcc: x@example.org", "ada@example.org\0", "x" * 250 + "@example.org"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(InvalidAddress):
        normalize(typed)


def test_one_human_is_one_row(app):
    first = Person.at("Ada@example.org")
    db.session.commit()
    assert Person.at(" ada@EXAMPLE.org") is first


def test_a_known_name_is_kept(app):
    person = Person.at("ada@example.org")
    person.take_name("Ada  Lovelace")
    person.take_name("Somebody Else")
    assert (person.name, person.first_name) == ("Ada Lovelace", "Ada")


@pytest.mark.parametrize(
    ("name", "first"), [("Dr. Ada Lovelace", "Ada"), ("prof dr Grace Hopper", "Grace"), ("Dr.", ""), ("", "")]
)
def test_a_title_is_no_first_name(name, first):
    assert Person(name=name).first_name == first
