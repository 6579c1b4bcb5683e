"""An issue on trial: a test of it goes to those chosen, as it will read, and does nothing else."""

import pytest

from app.extensions import db
from tests.studio import factories
from tests.studio.desk import IssueDesk, kept


@pytest.fixture
def desk(owner, issue):
    return IssueDesk(owner, issue)


def test_a_test_goes_to_those_chosen_and_unsubscribes_nobody_else(desk, issue, mail):
    factories.subscription("ada@example.org", "Ada Lovelace")
    db.session.commit()
    sent = desk.post("/tests", addresses="ada@example.org, owner@doctor.example.org ada@example.org")
    assert sent.status_code == 303
    assert "ada@example.org, owner@doctor.example.org" in desk.get("/schedule").text
    assert mail.recipients == ["ada@example.org", "owner@doctor.example.org"]
    to_ada, to_owner = mail.all
    assert to_ada.subject == "[Test] A thought"
    assert "Dear Ada," in to_ada.body
    assert "Dear Ada," in to_ada.html
    assert "List-Unsubscribe" not in to_ada.headers
    assert "/newsletter/unsubscribe/" not in to_ada.body + to_ada.html
    assert "/newsletter/unsubscribe/" in to_owner.headers["List-Unsubscribe"]
    assert kept(issue).is_draft


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "The Developing Doctor"),
        ("Müller, Ada", "Müller, Ada"),
        ('Ada "A" <b@example.org>', 'Ada "A" <b@example.org>'),
    ],
)
def test_a_test_comes_from_whom_the_issue_comes_from(desk, issue, mail_server, work, name, said):
    issue.sender_name = name
    db.session.commit()
    desk.post("/tests", addresses="ada@example.org")
    work()
    [message] = mail_server.received
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (said, "hello@doctor.example.org")
    assert mail_server.envelopes[0].mail_from.endswith("@doctor.example.org")


@pytest.mark.parametrize(
    "addresses",
    ["", "ada@", "a@example.org b@example.org c@example.org d@example.org e@example.org f@example.org"],
)
def test_a_test_without_good_addresses_goes_nowhere(desk, mail, addresses):
    assert desk.post("/tests", addresses=addresses).status_code == 422
    assert mail.recipients == []
