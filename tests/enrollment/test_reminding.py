"""The letters that follow a checkout that was left: as many as the buyer agreed to."""

from pathlib import Path

import pytest
from sqlalchemy import update

from app.enrollment.checkout import REMINDER_WORDING
from app.enrollment.cohorts import Cohort
from app.enrollment.models import Course
from app.extensions import db
from app.followups import content
from app.followups.tasks import sweep_followups
from tests.enrollment.test_turning_back import let_go
from tests.races import fresh_rows

STARTER = Path(__file__).parents[2] / "app" / "starter"
FIRST, SECOND = "You left off before paying. Nothing was charged", "Yes, no, or later: all three are fine"


def change(**columns) -> None:
    """Sets columns of every cohort."""
    with fresh_rows():
        db.session.execute(update(Cohort).values(columns))
        db.session.commit()


@pytest.fixture
def letters(shop, mail, work, later):
    """The starter's sequences, and a checkout that was left by someone who agreed to be reminded."""
    with fresh_rows():
        content.import_from(STARTER)
        db.session.commit()
    shop.buy(reminder="y")
    later(minutes=40)
    shop.hear()

    def sent_within(**time: float) -> list[str]:
        later(**time)
        sweep_followups.call_local()
        work()
        return [email.subject for email in mail.all if email.subject in (FIRST, SECOND)]

    return sent_within


def test_a_checkout_that_was_left_brings_two_letters_two_days_apart_and_no_third(letters):
    assert "Two letters at most." in REMINDER_WORDING
    assert letters(hours=2) == []
    assert letters(hours=2) == [FIRST]
    assert letters(hours=46) == [FIRST]
    assert letters(hours=3) == [FIRST, SECOND]
    assert letters(days=60) == [FIRST, SECOND]


def test_who_buys_after_the_first_letter_gets_no_second(letters, shop, stripe):
    assert letters(hours=4) == [FIRST]
    stripe.pay(shop.buy())
    shop.hear()
    assert letters(days=3) == [FIRST]


def test_the_letter_leads_back_by_stripes_own_link(letters, mail):
    assert letters(hours=4) == [FIRST]
    [letter] = [email for email in mail.all if email.subject == FIRST]
    assert "/c/recover/" in letter.body


def test_who_says_that_they_will_not_buy_now_is_not_reminded(app, letters, shop):
    shop.buy(reminder="y", email="grace@example.org")
    let_go(app, shop.orders[-1].public_id)
    shop.hear()
    assert letters(hours=4) == [FIRST]  # Ada's, who only left.


def test_who_bought_another_cohort_meanwhile_is_not_reminded(shop, stripe, mail, work, later):
    with fresh_rows():
        content.import_from(STARTER)
        db.session.commit()
    shop.buy(reminder="y")
    with fresh_rows():
        other = Course.current().cohorts[1].id
    stripe.pay(shop.buy(cohort=str(other)))
    later(minutes=40)
    shop.hear()
    later(hours=4)
    sweep_followups.call_local()
    work()
    assert [email.subject for email in mail.all if email.subject == FIRST] == []


def test_who_pays_by_a_bank_that_has_yet_to_answer_gets_no_second(letters, shop, stripe):
    assert letters(hours=4) == [FIRST]
    stripe.pay_by_debit(shop.buy())
    shop.hear()
    assert letters(days=3) == [FIRST]


@pytest.mark.parametrize("sold_out", [{"seats_taken": 3}, {"seats_awaited": 3}, {"sales_open": False}])
def test_nobody_is_reminded_of_what_cannot_be_bought_any_more(letters, sold_out):
    assert letters(hours=4) == [FIRST]
    change(**sold_out)
    assert letters(days=3) == [FIRST]


def test_a_letter_that_could_not_be_sent_before_the_cohort_began_is_not_sent_after(letters):
    assert letters(days=101) == []


def test_who_left_a_page_at_the_early_price_is_led_back_to_the_course_and_its_price(shop, stripe, mail, work, later):
    change(early_price_cents=100000, early_seats=1)
    with fresh_rows():
        content.import_from(STARTER)
        db.session.commit()
    left = shop.buy(reminder="y")
    assert stripe.sandbox.store.get("checkout.session", left)["after_expiration"] is None
    later(minutes=40)
    shop.hear()
    later(hours=4)
    sweep_followups.call_local()
    work()
    [letter] = [email for email in mail.all if email.subject == FIRST]
    assert "/course/#enroll" in letter.body
    assert "/c/recover/" not in letter.body
