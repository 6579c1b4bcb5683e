"""A department's seats on its order's page."""

import re

import pytest

from tests.enrollment.conftest import cohort, course, later, shop, stand_in, stripe
from tests.enrollment.department.conftest import BUYER, department, path_in
from tests.races import fresh_rows

# Fixtures of seats that were bought.
__all__ = ["cohort", "course", "department", "later", "shop", "stand_in", "stripe"]


@pytest.fixture
def order(department, shop) -> str:
    department.invite("Grace Hopper <grace@example.org>")
    department.claim(department.links[0], "alan@example.org", "Alan Turing")
    return f"/studio/orders/{shop.order.id}"


def page(owner, order: str) -> str:
    with fresh_rows():
        return owner.get(order).text


def press(owner, order: str, button: str, **typed: str):
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page(owner, order))[1]
    with fresh_rows():
        return owner.post(f"{order}/{button}", data={"csrf_token": token} | typed)


def test_the_owner_sees_whose_each_seat_is(owner, order):
    shown = page(owner, order)
    assert [words in shown for words in ("Claimed", "Invited", "Unclaimed")] == [True] * 3
    assert [words in shown for words in ("alan@example.org", "grace@example.org", "Grace Hopper")] == [True] * 3
    assert "/course/seats/" not in shown


@pytest.mark.parametrize("typed", ["alan@example", "Alan Turing", BUYER])
def test_an_order_is_found_by_who_has_its_seats_too(owner, order, typed):
    assert page(owner, f"/studio/enrollments?q={typed}").count(f'href="{order}"') == 1
    assert f'href="{order}"' not in page(owner, "/studio/enrollments?q=nobody@example.org")


def test_the_owner_gives_an_unclaimed_seat_a_new_link(owner, order, department, mail):
    old = path_in(mail.to("grace@example.org")[0], "seats")
    assert press(owner, order, "seats/3/reassignment").status_code == 303
    assert "Seat 3 has a new link" in page(owner, order)
    assert department.claim(old).status_code == 409
    press(owner, order, "seats/1/reassignment")
    assert "has just been claimed" in page(owner, order)
    assert department.claimed == [1]
    assert press(owner, order, "seats/9/reassignment").status_code == 404


def test_the_owner_frees_a_seat_with_which_no_lesson_was_opened(owner, order, department, mail):
    [place] = re.findall(r'name="place" value="(\d+)"', page(owner, order))
    assert press(owner, order, "seats/2/release", place=place).status_code == 303
    assert "Seat 2 stays as it is" in page(owner, order)
    press(owner, order, "seats/1/release", place=place)
    assert "Seat 1 is free again" in page(owner, order)
    assert department.claimed == []
    assert len(department.links) == 3
    assert press(owner, order, "seats/9/release", place=place).status_code == 404


def test_the_owner_sends_the_departments_link_again(owner, order, department, mail):
    assert press(owner, order, "department-link").status_code == 303
    [letter] = mail.to(BUYER, "enrollment/department_links")
    assert path_in(letter, "department") == department.path


def test_an_order_for_oneself_has_no_seats_to_hand_out(owner, shop, stripe, order, mail):
    stripe.pay(shop.buy(email="eve@example.org", cohort=str(shop.order.cohort_id + 1)))
    shop.hear()
    own = f"/studio/orders/{shop.orders[1].id}"
    assert "New link" not in page(owner, own)
    assert press(owner, own, "department-link").status_code == 404
