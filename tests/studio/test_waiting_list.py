"""The owner at the waiting list."""

from datetime import timedelta

import pytest

from app.clock import now
from app.coaching.booking.reserved import ReservedTime
from app.coaching.waiting.offers import SlotOffer
from app.extensions import db
from tests.studio import factories

WAITING = "/studio/consultations/waiting"


@pytest.fixture
def ada(app):
    entry = factories.waiting_entry("ada@example.org", "Ada <b>Lovelace</b>")
    db.session.commit()
    return entry


def offer(entry):
    coach = factories.coach()
    until = now().replace(second=0, microsecond=0) + timedelta(hours=4)
    reserved = ReservedTime.make(coach, entry.kind, until + timedelta(days=1), until)
    made = SlotOffer.make(entry, reserved, until)
    db.session.commit()
    return made


def test_an_empty_list_says_what_it_is_for(owner):
    assert "Nobody waits for a time." in owner.get(WAITING).text


def test_the_list_says_who_waits_for_what_since_when(owner, ada):
    page = owner.get(WAITING).text
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in page
    assert 'Wednesday, Thursday: evening <span class="soft">Europe/Berlin</span>' in page
    assert ada.kind.title in page
    assert "<span>0</span>" in page
    offer(ada)
    db.session.expire_all()
    assert "<span>1, one held until" in owner.get(WAITING).text


def test_the_list_is_searched_and_filtered(owner, ada):
    factories.waiting_entry("grace@example.org", "Grace", paused_at=now())
    factories.waiting_entry("lin@example.org", "Lin", confirmed_at=None)
    factories.waiting_entry("max@example.org", "Max", ended_at=now())
    db.session.commit()
    shown = {"waiting": "ada", "paused": "grace", "unproven": "lin", "ended": "max"}
    for query, found in {"q=grace": "grace", **{f"state={state}": name for state, name in shown.items()}}.items():
        page = owner.get(f"{WAITING}?{query}").text
        assert [name for name in ("ada", "grace", "lin", "max") if f"{name}@example.org" in page] == [found], query


def test_who_is_removed_is_off_the_list_and_what_was_held_is_free(owner, post, ada, mail):
    made = offer(ada)
    answer = post(f"/consultations/waiting/{ada.id}/removal")
    assert answer.location == WAITING
    db.session.expire_all()
    assert (ada.state, made.is_open, db.session.query(ReservedTime).count()) == ("ended", False, 0)
    assert mail.all == []
    assert post(f"/consultations/waiting/{ada.id}/removal").status_code == 303
    assert post("/consultations/waiting/999/removal").status_code == 404


def test_a_longer_list_takes_no_more_queries(owner, ada, queries):
    def count():
        db.session.expire_all()
        with queries() as sent:
            owner.get(WAITING)
        return len(sent)

    few = count()
    for number in range(5):
        factories.waiting_entry(f"w{number}@example.org")
    db.session.commit()
    assert count() == few
