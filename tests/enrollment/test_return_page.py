"""The page Stripe returns to, visited by somebody who does not stop."""

import pytest

from app.extensions import db
from tests.races import at_once, in_thread

PAGE = "/course/checkout/complete"


def questions(stripe) -> int:
    return sum(call["method"] == "GET" for call in stripe.requests())


def test_reloading_the_return_page_does_not_ask_stripe_each_time(app, shop, stripe, limits):
    session = shop.buy()
    db.session.rollback()
    answers = at_once(8, lambda _: app.test_client().get(f"{PAGE}?session_id={session}"))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert 1 <= questions(stripe) < 4
    # Who did not ask does not know, and who did was told that it is not paid.
    assert sum("Stripe has not answered yet" in answer.text for answer in answers) == 8 - questions(stripe)
    assert sum("We have not heard of a payment yet" in answer.text for answer in answers) == questions(stripe)
    stripe.pay(session)
    shop.hear()
    assert "You are enrolled" in shop.come_back(session).text


@pytest.mark.parametrize(("session_id", "allowed"), [("cs_test_{}", 120), ("cs_test_same", 60)])
def test_the_return_page_is_not_for_trying_out_sessions(app, client, limits, session_id, allowed):
    for number in range(allowed):
        assert client.get(PAGE, query_string={"session_id": session_id.format(number)}).status_code == 404
    answer = client.get(PAGE, query_string={"session_id": session_id.format("x" if allowed == 120 else "")})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert ("from your network, which you may share" in answer.text) == (allowed == 120)


@pytest.mark.parametrize("page", [PAGE, "/coaching/checkout/complete"])
def test_a_return_page_without_a_session_is_limited_as_any_page_of_its_network(client, limits, caplog, page):
    answers = [client.get(f"{page}?session_id=").status_code for _ in range(121)]
    assert answers == [404] * 120 + [429]
    assert [line for line in caplog.records if line.levelname == "ERROR"] == []


def test_a_made_up_session_waits_for_nobody_who_writes(app, cohort):
    outcomes: dict[str, object] = {}
    cohort.sessions = "Wednesdays"
    db.session.flush()  # And holds what one must hold to write.
    visit = in_thread(
        "visit", lambda: app.test_client().get(f"{PAGE}?session_id=cs_test_made_up").status_code, outcomes
    )
    visit.join(10)
    answered = dict(outcomes)
    db.session.rollback()
    visit.join()
    assert answered == {"visit": 404}
