"""A consultation that took place: what is over, what begins."""

import pytest
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.coaching.completing import complete
from app.coaching.models import AlreadyOver, Consultation
from app.extensions import db
from app.followups import Sequence, SequenceRun, SequenceStep


@pytest.fixture
def afterwards(offer):
    step = SequenceStep(position=1, slug="after", subject="After we talked", delay_hours=24, body="See {manage_url}")
    db.session.add(
        Sequence(
            name="afterwards", title="A", purpose="coaching", starts_on="consultation completed", start_tag="",
            steps=[step],
        )
    )  # fmt: skip
    db.session.commit()


def runs():
    db.session.expire_all()
    found = db.session.scalars(db.select(SequenceRun).order_by(SequenceRun.id))
    return [(run.sequence.name, run.stop_reason, run.next_at is not None) for run in found]


def test_what_follows_the_request_ends_and_what_follows_the_consultation_begins(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    assert complete(consultation)
    db.session.commit()
    assert (consultation.state, consultation.completed_at) == ("completed", now())
    assert runs() == [
        ("consultation-requested", "the consultation took place", False),
        ("afterwards", "", True),
    ]
    assert db.session.scalars(db.select(SequenceRun.values)).all()[1]["manage_url"].startswith("http://localhost:8000/")


def test_noting_it_twice_begins_nothing_twice(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    assert complete(consultation)
    assert not complete(consultation)
    assert len(runs()) == 2


def test_a_cancelled_one_has_not_taken_place(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    consultation.cancel()
    with pytest.raises(AlreadyOver):
        complete(consultation)
    consultation.completed_at = now()
    with pytest.raises(IntegrityError):
        db.session.commit()
    db.session.rollback()


def test_its_private_page_says_so_and_changes_nothing_any_more(afterwards, link, client, consultations):
    complete(consultations()[0])
    db.session.commit()
    page = client.get(link).text
    assert "Your consultation has taken place" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert client.post(link + "/cancellation", data={"reason": "no"}).status_code == 303
    assert client.post(link + "/details", data={"goals": "Other", "no_preference": "y"}).status_code in (409, 422)
    (consultation,) = consultations()
    assert (consultation.state, consultation.cancelled_at, consultation.goals) == (
        "completed",
        None,
        consultation.goals,
    )


def test_what_took_place_does_not_count_as_open(afterwards, ask, consultations):
    ask()
    (consultation,) = consultations()
    complete(consultation)
    assert Consultation.open_of(consultation.person) == []
