import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.limits import wait_in_words
from app.web import errors
from tests.web import pages


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 429, 500, 503])
def test_each_error_has_a_page_that_says_what_to_do(web, status):
    answer = web.get(f"/pages/error/{status}")
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert errors.WORDS[status].title in answer.text
    assert errors.WORDS[status].what_to_do.replace("'", "&#39;") in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_view_may_explain_in_its_own_words_which_are_escaped(web):
    text = web.get("/pages/error/explained").text
    assert "That time went to &lt;somebody&gt; else." in text
    assert errors.WORDS[409].title in text


@pytest.mark.parametrize("address", ["/pages/error/429", "/pages/error/503", "/pages/fault/locked"])
def test_come_back_later_says_when(web, address):
    assert int(web.get(address).headers["Retry-After"]) > 0


def test_a_limit_says_when_it_ends(client, limits):
    answers = [client.get("/course/checkout/complete?session_id=cs_test_same") for _ in range(61)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert 0 < int(refused[0].headers["Retry-After"]) <= 24 * 3600
    assert errors.WORDS[429].title in refused[0].text
    assert wait_in_words(int(refused[0].headers["Retry-After"])) in refused[0].text


def test_a_wrong_method_says_which_are_right(web):
    answer = web.post("/pages/links")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_crash_shows_a_number_and_nothing_of_the_inside(web):
    answer = web.get("/pages/crash")
    assert answer.status_code == 500
    for inside in ("secret detail", "Traceback", "RuntimeError", "/work", ".py"):
        assert inside not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize("fault", pages.FAULTS)
def test_a_database_in_trouble_is_503(web, fault):
    answer = web.get(f"/pages/fault/{fault}")
    assert answer.status_code == 503
    assert errors.WORDS[503].what_to_do in answer.text
    assert "saved" not in answer.text  # Nothing was sent.


def test_what_was_sent_to_a_database_in_trouble_may_have_been_saved(web):
    answer = web.post("/pages/fault/locked")
    assert answer.status_code == 503
    assert "may not have been saved" in answer.text


@pytest.mark.parametrize("page", ["/course/checkout/complete", "/coaching/checkout/complete"])
def test_who_has_just_paid_is_told_that_the_payment_is_not_lost(web, page):
    def lose_the_database(*_):
        raise OperationalError("SELECT", {}, Exception("the connection was cut"))

    with web.application.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lose_the_database)
    try:
        answer = web.get(f"{page}?session_id=cs_test_1")
    finally:
        event.remove(engine, "before_cursor_execute", lose_the_database)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    for told in ("your payment is not lost", "We write to you", "do not pay a second time"):
        assert told in answer.text


def test_after_a_failed_query_the_next_visitor_is_served(web, database_url):
    assert web.get("/pages/bad-sql").status_code in (500, 503)
    assert web.get("/pages/link/1").status_code == 200


def test_a_database_that_goes_away_when_the_answer_is_ready_does_not_take_it_back(web):
    lost = []

    def lose_the_database(_connection):
        lost.append(True)
        raise OperationalError("ROLLBACK", {}, Exception("the connection was cut"))

    with web.application.app_context():
        engine = db.engine
    event.listen(engine, "rollback", lose_the_database)
    try:
        answer = web.get("/pages/reads")
    finally:
        event.remove(engine, "rollback", lose_the_database)
    assert (answer.status_code, answer.text, bool(lost)) == (200, "1", True)


def test_an_error_page_asks_nothing_of_the_database(web, site):
    with web.application.app_context():
        db.engine.dispose()
        url, db.engine.url = db.engine.url, db.engine.url.set(database="/nowhere/at/all")
        before = db.engine.pool
        db.engine.pool = before.recreate()
        checked_out = db.engine.pool.checkedout()
        try:
            assert web.get("/pages/crash").status_code == 500
            assert db.engine.pool.checkedout() == checked_out
        finally:
            db.engine.url, db.engine.pool = url, before


def test_an_expired_form_is_explained(web):
    answer = web.post("/pages/with-token")
    assert answer.status_code == 400
    assert errors.FORM_EXPIRED.title in answer.text


def test_an_error_page_that_cannot_be_rendered_is_plain(web, monkeypatch):
    monkeypatch.setitem(web.application.jinja_env.globals, "asset", None)
    answer = web.get("/pages/error/404")
    assert answer.status_code == 404
    assert errors.WORDS[404].title in answer.text


def test_an_unknown_host_is_refused(web):
    for host in ("evil.example.net", "localhost.evil.example.net", "", "localhost:x", "a b", "[::1"):
        answer = web.get("/pages/personal", headers={"Host": host})
        assert answer.status_code == 400, host


def test_what_was_typed_survives_a_limit_and_can_be_sent_again(client, limits):
    form = {"email": "ada@example.org", "first_name": "Ada <b>"}
    for _ in range(400):
        answer = client.post("/newsletter/", data=form)
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert '<input type="hidden" name="email" value="ada@example.org">' in answer.text
    assert 'value="Ada &lt;b&gt;"' in answer.text
    assert "Send it again" in answer.text
