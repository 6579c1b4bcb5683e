"""flask people export and erase."""

import json

import pytest

from app.extensions import db
from app.people.models import Person
from tests.newsletter.conftest import fresh
from tests.newsletter.everything import GRACE, NAME, with_everything


@pytest.fixture
def people(app):
    runner = app.test_cli_runner()
    return lambda *words, **more: runner.invoke(args=["people", *words], **more)


def test_export_prints_json(people):
    with_everything()
    result = people("export", GRACE.upper())
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["person"]["name"] == NAME


def test_erase_asks_first(people):
    with_everything()
    assert people("erase", GRACE, input="n\n").exit_code == 1
    assert fresh(lambda: Person.with_email(GRACE))
    result = people("erase", GRACE, input="y\n")
    assert result.exit_code == 0, result.output
    assert fresh(lambda: Person.with_email(GRACE)) is None


def test_erase_says_what_went_and_what_stayed(people, mail):
    with_everything()
    result = people("erase", GRACE, "--yes")
    assert result.exit_code == 0, result.output
    assert "Erased" in result.output
    assert "your subscription" in result.output
    assert "your paid orders" in result.output.partition("Kept")[2]
    assert [email.template for email in mail.to(GRACE)] == ["newsletter/erased"]


@pytest.mark.parametrize("command", [("export",), ("erase", "--yes")])
@pytest.mark.parametrize(("address", "says"), [("nobody@example.org", "Nobody is known"), ("x", "e-mail address")])
def test_an_unknown_address_is_one_clear_line(people, command, address, says):
    result = people(*command, address)
    assert result.exit_code == 1
    (line,) = result.output.strip().splitlines()
    assert says in line


def test_the_owner_stays(people):
    person = Person.at("owner@doctor.example.org", local=True)
    person.make_owner()
    db.session.commit()
    result = people("erase", "owner@doctor.example.org", "--yes")
    assert result.exit_code == 1
    assert "owner" in result.output
