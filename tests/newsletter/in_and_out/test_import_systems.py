"""An export of each system we know, taken in: who is subscribed, and who stays out."""

from datetime import UTC, datetime

import pytest

from app.extensions import db
from app.newsletter.in_and_out.import_csv import Source
from app.people.models import Consent, Person
from app.people.suppressions import Suppression
from tests.newsletter.conftest import fresh
from tests.newsletter.in_and_out.importing import EXPORTS, states, subscription, taken_in


def suppressions():
    rows = db.select(Suppression.address, Suppression.reason)
    return fresh(lambda: {key: value for key, value in db.session.execute(rows)})


def details(email):
    """What was taken in of one person."""
    row = subscription(email)
    return fresh(lambda: (row.person.name, [tag.name for tag in row.tags], row.source, row.confirmed_at))


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("subscribed_email_audience_export_1a2b3c.csv", "Mailchimp"),
        ("unsubscribed_email_audience_export_1a2b3c.csv", "Mailchimp"),
        ("cleaned_email_audience_export_1a2b3c.csv", "Mailchimp"),
        ("subscribed_members_export_1a2b3c.csv", "Mailchimp"),
        ("kit.csv", "Kit (ConvertKit)"),
        ("kit_page.csv", "Kit (ConvertKit)"),
        ("kit_status.csv", "Kit (ConvertKit)"),
        ("substack.csv", "Substack"),
        ("substack_2020.csv", "Substack"),
        ("substack_table.csv", "Substack"),
        ("substack_table_2024.csv", "Substack"),
        ("ghost.csv", "Ghost"),
        ("ghost_2026.csv", "Ghost"),
        ("buttondown.csv", "Buttondown"),
        ("buttondown_2023.csv", "Buttondown"),
        ("buttondown_page.csv", "Buttondown"),
        ("listmonk.csv", "listmonk"),
    ],
)
def test_a_system_is_known_by_its_header(file, label):
    assert Source(lambda: [(EXPORTS / file).read_bytes()]).label == label


def test_mailchimps_subscribers_come_with_names_tags_and_dates(app):
    counts, rejected = taken_in("subscribed_email_audience_export_1a2b3c.csv")
    assert (counts, rejected) == ({"new": 3}, [])
    since = datetime(2023, 4, 21, 11, 18, 2, tzinfo=UTC)
    assert details("ada@example.org") == (
        "Ada Lovelace",
        ["conference 2026", "residents"],
        "Import from Mailchimp",
        since,
    )
    since = datetime(2022, 1, 5, 8, tzinfo=UTC)
    assert details("grace@example.org") == ("Grace Hopper", ["residents"], "Import from Mailchimp", since)


def test_whom_mailchimp_lists_as_unsubscribed_or_cleaned_stays_out(app):
    assert taken_in("unsubscribed_email_audience_export_1a2b3c.csv")[0] == {"left there": 1}
    assert taken_in("cleaned_email_audience_export_1a2b3c.csv")[0] == {"suppressed there": 1}
    assert states() == {"left@example.org": "left"}
    assert subscription("left@example.org").unsubscribed_at == datetime(2024, 7, 23, 12, 19, 27, tzinfo=UTC)
    assert suppressions() == {"bounced@example.org": "hard bounce"}


def test_mailchimps_contacts_who_never_subscribed_are_left_out(app):
    data = (EXPORTS / "subscribed_email_audience_export_1a2b3c.csv").read_bytes()
    counts, _ = taken_in(data, file_name="nonsubscribed_email_audience_export_1a2b3c.csv")
    assert (counts, states()) == ({"unconfirmed": 3}, {})


def test_a_state_of_the_postal_address_is_no_status(app):
    assert taken_in("subscribed_members_export_1a2b3c.csv") == ({"new": 1}, [])
    assert details("ada@example.org")[:2] == ("Ada Lovelace", ["residents"])


def test_kit(app):
    counts, rejected = taken_in("kit.csv")
    assert counts == {"new": 1, "unconfirmed": 1, "left there": 1, "suppressed there": 2}
    assert [(row.line, row.address) for row in rejected] == [(3, "waiting@example.org")]
    assert states() == {"ada@example.org": "active", "left@example.org": "left"}
    assert suppressions() == {"bounced@example.org": "hard bounce", "angry@example.org": "complaint"}
    assert details("ada@example.org")[:2] == ("Ada", ["guide", "residents"])


def test_kit_under_the_names_that_others_tell_of(app):
    counts, rejected = taken_in("kit_page.csv")
    assert counts == {"new": 2, "unconfirmed": 1, "left there": 1, "suppressed there": 2}
    assert [row.address for row in rejected] == ["waiting@example.org"]
    since = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    assert details("ada@example.org") == ("Ada", ["guide", "residents"], "Import from Kit (ConvertKit)", since)
    assert taken_in("kit_status.csv")[0] == {"known": 3}


def test_substack(app):
    assert taken_in("substack.csv")[0] == {"new": 2, "left there": 1}
    assert states() == {"ada@example.org": "active", "grace@example.org": "active", "left@example.org": "left"}


def test_substacks_table_of_subscribers_is_taken_whatever_they_pay(app):
    assert taken_in("substack_table.csv") == ({"new": 6}, [])
    since = datetime(2026, 6, 17, 10, 21, 38, 759000, tzinfo=UTC)
    assert details("ada@example.org") == ("Ada Lovelace", [], "substack-notes", since)


def test_substacks_table_under_its_names_of_2024(app):
    assert taken_in("substack_table_2024.csv") == ({"new": 2}, [])
    since = datetime(2023, 2, 1, tzinfo=UTC)
    assert details("grace@example.org") == ("Grace Hopper", [], "direct", since)


def test_a_table_of_substack_of_which_few_columns_were_chosen(app):
    assert taken_in(b"Email,Type,Stripe plan\nada@example.org,Founding,\ngone@example.org,Unsubscribed,\n")[0] == {
        "new": 1,
        "left there": 1,
    }


def test_whoever_asked_substack_to_be_deleted_is_not_written_to(app):
    counts, (rejected,) = taken_in("substack_2020.csv")
    assert counts == {"new": 3, "left there": 1, "invalid": 1}
    assert "asked to be deleted" in rejected.reason


def test_ghost(app):
    assert taken_in("ghost_2026.csv")[0] == {"new": 1, "left there": 1}
    assert taken_in("ghost.csv")[0] == {"known": 2, "left there": 1}
    assert states() == {"ada@example.org": "active", "left@example.org": "left", "deleted@example.org": "left"}
    assert details("ada@example.org")[:2] == ("Ada Lovelace", ["guide", "residents"])


def test_buttondown(app):
    counts, rejected = taken_in("buttondown.csv")
    assert counts == {"new": 2, "unconfirmed": 1, "left there": 1, "suppressed there": 2, "invalid": 1}
    assert rejected[-1].line == 8
    assert "'churned'" in rejected[-1].reason
    assert details("ada@example.org")[:3] == ("Ada Lovelace", ["guide", "residents"], "embedded_form")


def test_buttondown_under_the_names_of_its_pages_and_of_before(app):
    assert taken_in("buttondown_page.csv") == ({"new": 3, "left there": 1, "suppressed there": 1}, [])
    since = datetime(2024, 1, 15, 10, tzinfo=UTC)
    assert details("ada@example.org") == ("Ada", ["guide", "residents"], "https://example.org/talk", since)
    assert taken_in("buttondown_2023.csv")[0] == {"known": 2, "suppressed there": 1}


def test_listmonk(app):
    assert taken_in("listmonk.csv")[0] == {"new": 1, "left there": 1, "suppressed there": 1}
    since = datetime(2024, 1, 15, 10, 0, 0, 123456, tzinfo=UTC)
    assert details("ada@example.org") == ("Ada Lovelace", ["guide", "residents"], "Import from listmonk", since)
    assert suppressions() == {"angry@example.org": "owner"}


def test_only_an_address_is_kept_of_those_who_left_and_nothing_of_the_others(app):
    taken_in("kit.csv")
    names = fresh(lambda: {key: value for key, value in db.session.execute(db.select(Person.email, Person.name))})
    assert names == {"ada@example.org": "Ada", "left@example.org": ""}
    assert subscription("left@example.org").tags == []


def test_the_ledger_says_on_what_basis_and_from_which_file(app):
    taken_in("kit.csv", basis="double-opt-in")
    lines = db.select(Person.email, Consent.action, Consent.wording, Consent.page).join(Consent.person)
    assert fresh(lambda: sorted(tuple(line) for line in db.session.execute(lines))) == [
        (
            "ada@example.org", "given",
            "Imported from Kit (ConvertKit). They confirmed by double opt-in there.",
            "Import from Kit (ConvertKit): kit.csv",
        ),
        (
            "left@example.org", "withdrawn",
            "Left the list at Kit (ConvertKit), before it moved here.",
            "Import from Kit (ConvertKit): kit.csv",
        ),
    ]  # fmt: skip
