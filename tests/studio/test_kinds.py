"""Kinds of consultation: what they are called, take, ask and cost."""

import pytest
from sqlalchemy import select

from app.coaching.availability import content
from app.coaching.availability.kinds import ConsultationKind
from app.extensions import db
from app.publishing import ContentVersion
from tests.studio import factories

KIND = {
    "title": "A second opinion",
    "description": "On an offer.",
    "duration_minutes": "45",
    "step_minutes": "30",
    "price": "0",
    "currency": "usd",
}


def version():
    return db.session.scalar(select(ContentVersion.number))


def kinds():
    return ConsultationKind.active()


def test_a_kind_is_added_with_questions_that_get_keys(send):
    before = version()
    asked = {"question": ["What is the offer?", "", "What  is the offer?"], "question-key": ["", "", ""]}
    assert send("/kinds", **KIND, **asked, **{"question-required": "0"}).status_code == 303
    [kind] = kinds()
    assert (kind.slug, kind.price_cents, kind.description) == ("a-second-opinion", 0, "On an offer.")
    assert kind.questions == [
        {"key": "what-is-the-offer", "label": "What is the offer?", "required": True},
        {"key": "what-is-the-offer-2", "label": "What is the offer?", "required": False},
    ]
    assert version() > before


def test_a_question_that_is_reworded_keeps_its_key(send, owner):
    kind = factories.kind(questions=[{"key": "offer", "label": "What offer?", "required": False}])
    db.session.commit()
    asked = {
        "question": ["Which offer is it?", "When?"],
        "question-key": ["offer", ""],
        "question-required": ["0", "1"],
    }
    send(f"/kinds/{kind.id}", **KIND, **asked)
    assert kind.questions == [
        {"key": "offer", "label": "Which offer is it?", "required": True},
        {"key": "when", "label": "When?", "required": True},
    ]
    assert kind.slug == "coaching-consultation"
    send(f"/kinds/{kind.id}", **KIND, **{"question": ["", "When?"], "question-key": ["offer", "when"]})
    assert [question["key"] for question in kind.questions] == ["when"]
    assert 'value="When?"' in owner.get(f"/studio/kinds/{kind.id}").text


def test_a_price_is_typed_in_units(send, owner):
    send("/kinds", **KIND | {"price": "99.50", "currency": "eur"})
    [kind] = kinds()
    assert (kind.price_cents, kind.currency) == (9950, "eur")
    assert 'value="99.50"' in owner.get(f"/studio/kinds/{kind.id}").text


def test_who_sets_a_price_reads_what_the_coaching_page_says_of_prices_and_where_that_is_changed(owner):
    assert "price_note" not in owner.get("/studio/kinds/new").text
    factories.offer().price_note = "There is no charge."
    kind = factories.kind()
    db.session.commit()
    for path in ("new", kind.id):
        page = owner.get(f"/studio/kinds/{path}").text
        assert "There is no charge." in page
        assert "coaching/offer.md" in page


@pytest.mark.parametrize(("typed", "cents"), [("", 0), (" ", 0), ("0.00", 0), ("1", 100), (" 120 ", 12000)])
def test_no_price_is_free_and_spaces_are_nothing(send, typed, cents):
    assert send("/kinds", **KIND | {"price": typed}).status_code == 303
    assert [kind.price_cents for kind in kinds()] == [cents]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Give it a title"),
        ({"duration_minutes": "47"}, "write 45 or 50"),
        ({"duration_minutes": "485"}, "from 5 to 480"),
        ({"step_minutes": "half an hour"}, "whole number in digits"),
        ({"price": "about 100"}, "Write an amount such as 1,200 or 99.50"),
        ({"price": "-5"}, "Write an amount such as 1,200 or 99.50"),
        ({"price": "0.49"}, "Write 0 for free, or at least 0.50"),
        ({"price": ".10", "currency": "gbp"}, "Write 0 for free, or at least 0.50"),
        ({"price": "999999"}, "At most 100,000"),
        ({"currency": "xxx"}, "Choose one of those in the list."),
        ({"question": ["q" * 201]}, "under 200 characters"),
    ],
)
def test_what_cannot_be_is_explained_and_nothing_typed_is_lost(send, wrong, words):
    answer = send("/kinds", **KIND | {"question": ["Why now?"]} | {"description": "Words of mine"} | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Words of mine" in answer.text
    assert kinds() == []


def test_kinds_change_places_and_are_switched_off(send, owner):
    first, second = factories.kind("First", position=1), factories.kind("Second", position=2)
    db.session.commit()
    send(f"/kinds/{first.id}/position", direction="down")
    assert kinds() == [second, first]
    before = version()
    send(f"/kinds/{second.id}/deactivation")
    assert kinds() == [first]
    assert version() > before
    send(f"/kinds/{second.id}/activation")
    assert kinds() == [second, first]


def test_what_is_edited_here_survives_an_export_and_import(send, tmp_path):
    send("/kinds", **KIND | {"price": "120"}, **{"question": ["Why now?"], "question-required": "0"})
    [kind] = kinds()
    columns = [column.key for column in ConsultationKind.__table__.columns]
    before = [getattr(kind, column) for column in columns]
    content.export_to(tmp_path)
    kind.title, kind.questions, kind.price_cents = "Changed", [], 0
    db.session.commit()
    content.import_from(tmp_path)
    db.session.commit()
    assert [getattr(kind, column) for column in columns] == before
