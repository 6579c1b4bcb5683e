"""Searching, filtering and leafing through what the studio lists."""

import re
from datetime import timedelta

import pytest

from app.clock import now
from app.extensions import db
from app.outbox.models import TOO_LATE
from app.studio.coaching_views import consultations_of
from app.studio.enrollment_views import ORDERS
from app.studio.listing import Asked
from app.studio.newsletter_views import SUBSCRIPTIONS
from app.studio.outbox_views import EMAILS
from tests.studio import factories

MAKE = {
    "/studio/people": lambda number: factories.person(f"reader{number}@example.org", f"Reader {number}"),
    "/studio/subscriptions": lambda number: factories.subscription(f"reader{number}@example.org", f"Reader {number}"),
    "/studio/suppressions": lambda number: factories.suppression(
        f"reader{number}@example.org", detail=f"Reader {number}"
    ),
    "/studio/consultations": lambda number: factories.consultation(f"reader{number}@example.org", f"Reader {number}"),
    "/studio/enrollments": lambda number: factories.order(f"reader{number}@example.org", f"Reader {number}"),
    "/studio/outbox": lambda number: factories.email(f"reader{number}@example.org", to_name=f"Reader {number}"),
}
LISTINGS = list(MAKE)


def fill(path, count, start=1):
    if path == "/studio/consultations" and start == 1:
        factories.offer()
    for number in range(start, start + count):
        MAKE[path](number)
    db.session.commit()


def readers(page):
    """The numbers of the made-up readers on a page, top to bottom."""
    body = page.text.split("<tbody>")[1].split("</tbody>")[0] if "<tbody>" in page.text else ""
    return [int(number) for number in re.findall(r"reader(\d+)@", body)]


def follow(client, page, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page.text)
    return client.get(found[1].replace("&amp;", "&")) if found else None


@pytest.mark.parametrize("path", LISTINGS)
def test_an_empty_listing_says_what_will_be_there(owner, path):
    page = owner.get(path, query_string={"state": "nothing of the kind"} if path != "/studio/people" else {"q": "zzz"})
    assert page.status_code == 200
    assert 'class="none"' in page.text


@pytest.mark.parametrize("path", LISTINGS)
def test_one_leafs_from_the_newest_to_the_oldest_and_back(owner, path):
    fill(path, 60)
    first = owner.get(path)
    second = follow(owner, first, "next")
    third = follow(owner, second, "next")
    seen = [readers(page) for page in (first, second, third)]
    assert [number for page in seen for number in page] == list(range(60, 0, -1))
    assert [len(page) for page in seen[:2]] == [25, 25]
    assert follow(owner, third, "next") is None
    assert follow(owner, first, "prev") is None
    assert readers(follow(owner, third, "prev")) == seen[1]
    assert readers(follow(owner, second, "prev")) == seen[0]


def test_rows_that_come_in_meanwhile_move_nothing(owner):
    fill("/studio/people", 30)
    first = owner.get("/studio/people")
    fill("/studio/people", 10, start=31)
    assert readers(follow(owner, first, "next")) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("path", LISTINGS)
def test_rows_are_found_by_part_of_an_address_or_name(owner, path):
    fill(path, 30)
    assert readers(owner.get(path, query_string={"q": "READER17@"})) == [17]
    assert readers(owner.get(path, query_string={"q": " reader 23 "})) == [23]


def test_a_name_is_found_as_it_is_written_in_any_script(owner):
    factories.person("reader1@example.org", "علی\u200cمحمد")
    factories.person("reader2@example.org", "山田 太郎")
    factories.person("reader3@example.org", "H\u00e2n")
    db.session.commit()
    assert readers(owner.get("/studio/people", query_string={"q": "علی\u200cمحمد"})) == [1]
    assert readers(owner.get("/studio/people", query_string={"q": "Ha\u0302n"})) == [3]
    assert readers(owner.get("/studio/people", query_string={"q": "山田\u3000太郎"})) == [2]


@pytest.mark.parametrize("path", LISTINGS)
def test_a_search_is_kept_while_leafing(owner, path):
    fill(path, 60)
    first = owner.get(path, query_string={"q": "reader"})
    assert readers(follow(owner, first, "next"))[0] == 35
    assert 'value="reader"' in follow(owner, first, "next").text


@pytest.mark.parametrize("wildcard", ["%", "_", "rea%er", "reader_@", "\\", "/"])
def test_wildcards_stand_for_themselves(owner, wildcard):
    fill("/studio/people", 2)
    assert readers(owner.get("/studio/people", query_string={"q": wildcard})) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"q": "' OR 1=1 --"}, {"q": "x" * 5000}, {"q": "\u202e\u0007\ud7ff"}, {"before": "9" * 30}, {"before": "-1"},
        {"before": "2147483648"}, {"after": "\u0661"}, {"after": "x"}, {"before": "1", "after": "1"},
        {"state": "' OR 1=1"}, {"before": ""}, {"after": "0"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", LISTINGS)
def test_nonsense_in_the_address_breaks_nothing(owner, path, asked):
    assert owner.get(path, query_string=asked).status_code == 200


@pytest.mark.parametrize("path", LISTINGS)
def test_fifty_rows_cost_as_many_queries_as_five(owner, queries, path):
    fill(path, 5)
    db.session.expunge_all()
    with queries() as for_five:
        owner.get(path)
    fill(path, 45, start=6)
    db.session.expunge_all()
    with queries() as for_fifty:
        owner.get(path)
    assert len(for_fifty) == len(for_five)
    assert len(for_fifty) < 12


def test_the_states_of_the_database_are_those_of_the_rows(app):
    for state in ("active", "left", "suppressed", "waiting"):
        factories.subscription(f"{state}@example.org", state=state)
    factories.consultation("ada@example.org")
    factories.consultation("grace@example.org", cancelled=True)
    factories.consultation("mary@example.org", completed=True)
    factories.consultation("missed@example.org", no_show_at=now())
    factories.consultation("held@example.org", held_until=now() + timedelta(hours=1))
    factories.consultation("lapsed@example.org", held_until=now())
    factories.consultation("paying@example.org", is_unpaid=True, held_until=now() + timedelta(minutes=30))
    factories.consultation("unpaid@example.org", is_unpaid=True, held_until=now())
    factories.consultation("gone@example.org", is_unpaid=True, cancelled=True)
    odd = factories.consultation("odd@example.org", is_unpaid=True, cancelled=True)
    factories.payment(odd, mismatched_at=now(), expired_at=now())
    returned = factories.consultation("returned@example.org", is_unpaid=True, cancelled=True)
    factories.payment(returned, mismatched_at=now(), refunded_at=now())
    factories.booked("booked@example.org", factories.coach(), now())
    orders = [
        ("paid_at",), ("failed_at",), ("expired_at",), ("awaiting_payment_at",), ("paid_at", "refunded_at"),
        ("awaiting_payment_at", "paid_at"), ("awaiting_payment_at", "failed_at"),
        ("mismatched_at", "expired_at"), ("mismatched_at", "awaiting_payment_at"), ("mismatched_at", "paid_at"),
    ]  # fmt: skip
    for number, moments in enumerate(orders):
        factories.order(f"buyer{number}@example.org", enrolled=False, **dict.fromkeys(moments, now()))
    factories.order("pending@example.org", enrolled=False, seats=1)
    factories.order("disputed@example.org", paid_at=now(), disputed_at=now(), dispute_status="needs_response")
    factories.order("ended@example.org", paid_at=now(), ended_at=now())
    factories.order("lost@example.org", paid_at=now(), dispute_ended_at=now(), dispute_status="lost")
    factories.email("a@example.org")
    factories.email("a@example.org", attempts=1)
    factories.email("a@example.org", attempts=1, claimed_by="w")
    factories.email("a@example.org", failed_at=now())
    factories.email("a@example.org", failed_at=now(), last_answer=TOO_LATE)
    factories.email("a@example.org", sent_at=now())
    for listing in (SUBSCRIPTIONS, consultations_of(None), ORDERS, EMAILS):
        found = {state: listing.page(Asked(state=state)).rows for state in listing.states}
        assert all(found.values()), {state: len(rows) for state, rows in found.items()}
        assert {row.state for rows in found.values() for row in rows} == set(listing.states)
        for state, rows in found.items():
            assert {row.state for row in rows} == {state}


def test_a_filter_shows_one_state(owner):
    factories.subscription("in@example.org")
    factories.subscription("out@example.org", state="left")
    db.session.commit()
    page = owner.get("/studio/subscriptions?state=left")
    assert "out@example.org" in page.text
    assert "in@example.org" not in page.text
    assert '<option value="left" selected>' in page.text


def test_of_a_paid_order_what_was_paid_is_listed_and_of_any_other_its_price(owner):
    factories.order("ada@example.org", paid_at=now(), discount_cents=24000, paid_cents=96000)
    factories.order("grace@example.org", paid_at=now(), discount_cents=120000)
    factories.order("mary@example.org", enrolled=False, expired_at=now())
    db.session.commit()
    amounts = re.findall(r'data-label="Amount" class="number">([^<]+)<', owner.get("/studio/enrollments").text)
    assert amounts == ["$1,200", "$0", "$960"]
