"""One record on one page: a person, a consultation, a mail. And that nothing people type comes to life there."""

import pytest

from app.clock import now
from app.extensions import db
from app.outbox.models import TOO_LATE, WITHDRAWN, Worker
from tests.studio import factories
from tests.studio.conftest import token_in

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(1)",
    "{{ 7*7 }}",
    "\u202egnp.exe",
    "' onmouseover='x",
]


def test_all_about_a_person_stands_on_one_page(owner):
    factories.offer()
    factories.subscription("ada@example.org", "Ada Lovelace")
    asked = factories.consultation("ada@example.org", "Countess Lovelace")
    bought = factories.order("ada@example.org", paid_at=now(), paid_cents=120000)
    factories.email("ada@example.org", "A letter to Ada", whose=bought.person)
    factories.email("grace@example.org", "A letter to Grace")
    db.session.commit()
    page = owner.get(f"/studio/people/{bought.person.id}").text
    for expected in ("Ada Lovelace", "Active", "Countess Lovelace", "Spring 2027", bought.number, "$1,200",
                     "A letter to Ada", "By subscribing you ask us", f"/studio/consultations/{asked.id}"):  # fmt: skip
        assert expected in page, expected
    assert "A letter to Grace" not in page


def test_a_page_of_a_person_costs_the_same_however_much_there_is(owner, queries):
    ada = factories.person("ada@example.org")
    factories.order("ada@example.org")
    factories.email("ada@example.org", whose=ada)
    db.session.commit()
    db.session.expunge_all()
    with queries() as few:
        owner.get(f"/studio/people/{ada.id}")
    for _ in range(60):
        factories.email("ada@example.org", whose=factories.person("ada@example.org"))
        factories.order("ada@example.org", enrolled=False, paid_at=now(), refunded_at=now())
    db.session.commit()
    db.session.expunge_all()
    with queries() as many:
        owner.get(f"/studio/people/{ada.id}")
    assert len(many) == len(few)


def test_a_request_is_shown_with_its_times_on_the_clocks_of_the_person(owner):
    factories.offer()
    asked = factories.consultation("ada@example.org", goals="Less of everything.\nMore sleep.")
    db.session.commit()
    page = owner.get(f"/studio/consultations/{asked.id}").text
    assert "Burnout" in page
    assert "More sleep." in page
    assert "Berlin" in page


@pytest.mark.parametrize("path", ["people", "consultations", "outbox"])
@pytest.mark.parametrize("number", ["2147483647", "99999999999999999999", "x", "-1"])
def test_what_is_not_there_is_not_found(owner, path, number):
    assert owner.get(f"/studio/{path}/{number}").status_code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_type_stays_text(owner, text):
    factories.offer()
    factories.subscription("ada@example.org", text)
    asked = factories.consultation("ada@example.org", text, goals=text)
    bought = factories.order("ada@example.org", text)
    mail = factories.email("ada@example.org", text, whose=bought.person, to_name=text, body=text, last_answer=text)
    db.session.commit()
    pages = [owner.get(f"/studio/{path}").text for path in (
        "", "people", "subscriptions", "consultations", "enrollments", "outbox",
        f"people/{bought.person.id}", f"outbox/{mail.id}", f"consultations/{asked.id}", "people?q=" + "%3Cscript%3E",
    )]  # fmt: skip
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "' onmouseover=" not in page.replace("&#39;", "")
        assert ">49<" not in page
    if "\u202e" in text:  # It turns around nothing but itself.
        assert all(f"<bdi>{text}</bdi>" in page or text not in page for page in pages)


def test_a_search_is_shown_as_it_was_typed_and_no_more(owner):
    page = owner.get("/studio/people", query_string={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert "&#34;&gt;&lt;script&gt;" in page


def test_a_mail_is_shown_as_it_looks_in_a_frame_without_rights(owner):
    mail = factories.email(
        "ada@example.org", html="<h1>Hello</h1><script>alert(1)</script>", headers={"X-Kind": "test"}
    )
    db.session.commit()
    page = owner.get(f"/studio/outbox/{mail.id}")
    assert f'<iframe src="/studio/outbox/{mail.id}/html"' in page.text
    assert " sandbox " in page.text
    assert "X-Kind" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    shown = owner.get(f"/studio/outbox/{mail.id}/html")
    assert shown.text == "<h1>Hello</h1><script>alert(1)</script>"
    policy = shown.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert shown.headers["Cache-Control"] == "no-store"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_a_failed_mail_is_sent_again(owner, work):
    mail = factories.email("ada@example.org", failed_at=now(), attempts=3, last_answer="550 no such user")
    db.session.commit()
    page = owner.get(f"/studio/outbox/{mail.id}")
    assert "550 no such user" in page.text
    answer = owner.post(f"/studio/outbox/{mail.id}/delivery", data={"csrf_token": token_in(page)})
    assert (answer.status_code, answer.location) == (303, f"/studio/outbox/{mail.id}")
    assert "on its way again" in owner.get(answer.location).text
    db.session.expire_all()
    assert mail.state == "retrying"
    assert mail.failed_at is None


def test_a_mail_that_was_withdrawn_has_not_failed_and_is_not_sent_after_all(owner):
    mail = factories.email("ada@example.org", failed_at=now(), last_answer=TOO_LATE)
    db.session.commit()
    assert "Mail that failed" not in owner.get("/studio/").text
    page = owner.get(f"/studio/outbox/{mail.id}").text
    assert "Not sent: <bdi>too late" in page
    assert "The server" not in page
    assert f"/studio/outbox/{mail.id}/delivery" not in page


def test_a_mail_is_not_sent_again_without_the_token(owner):
    mail = factories.email("ada@example.org", failed_at=now())
    db.session.commit()
    assert owner.post(f"/studio/outbox/{mail.id}/delivery").status_code == 400
    db.session.expire_all()
    assert mail.state == "failed"


def test_only_a_failed_mail_can_be_sent_again(owner):
    mail = factories.email("ada@example.org", sent_at=now())
    db.session.commit()
    page = owner.get(f"/studio/outbox/{mail.id}")
    assert "Send again" not in page.text
    answer = owner.post(f"/studio/outbox/{mail.id}/delivery", data={"csrf_token": token_in(page)})
    assert answer.status_code == 409
    db.session.expire_all()
    assert mail.state == "sent"


def test_a_letter_withdrawn_from_a_reader_who_left_stays_withdrawn(owner):
    letter = factories.email("ada@example.org", failed_at=now(), last_answer=WITHDRAWN)
    db.session.commit()
    page = owner.get(f"/studio/outbox/{letter.id}")
    assert "Send again" not in page.text
    answer = owner.post(f"/studio/outbox/{letter.id}/delivery", data={"csrf_token": token_in(page)})
    assert answer.status_code == 409
    db.session.expire_all()
    assert letter.state == "withdrawn"


def test_the_overview_says_how_things_stand(owner):
    factories.offer()
    factories.subscription("ada@example.org", "Ada")
    factories.subscription("gone@example.org", state="left")
    factories.consultation("grace@example.org", "Grace Hopper")
    factories.consultation("done@example.org", "Somebody Else", cancelled=True)
    factories.order("mary@example.org", "Mary Seacole")
    factories.email("ada@example.org", failed_at=now())
    db.session.add(Worker(host="here", pid=1))
    db.session.commit()
    page = owner.get("/studio/").text
    assert "3 of 12" in page
    assert "Answer <bdi>Grace Hopper</bdi>" in page
    assert "Answer <bdi>Somebody Else</bdi>" not in page
    assert "Mary Seacole" in page
    assert "Mail that failed" in page
    assert "At work" in page


def test_an_empty_site_has_an_overview_too(owner):
    page = owner.get("/studio/").text
    assert "Nothing is waiting" in page
    assert "Not seen" in page


def test_a_consultation_that_took_place_is_noted_once(owner):
    factories.offer()
    asked = factories.consultation("ada@example.org")
    cancelled = factories.consultation("grace@example.org", cancelled=True)
    db.session.commit()
    path = f"/studio/consultations/{asked.id}"
    token = {"csrf_token": token_in(owner.get(path))}
    assert owner.post(f"{path}/completion").status_code == 400
    assert owner.post(f"/studio/consultations/{cancelled.id}/completion", data=token).status_code == 409
    assert "It took place" not in owner.get(f"/studio/consultations/{cancelled.id}").text
    answer = owner.post(f"{path}/completion", data=token)
    assert (answer.status_code, answer.location) == (303, path)
    page = owner.get(path).text
    assert "Completed" in page
    assert "It took place" not in page


def test_the_calendar_file_of_a_mail_is_shown_as_text(owner):
    file = "METHOD:REQUEST\r\nSUMMARY:<script>alert(1)</script>\r\n"
    mail = factories.email("ada@example.org", calendar=file)
    plain = factories.email("ada@example.org")
    db.session.commit()
    page = owner.get(f"/studio/outbox/{mail.id}").text
    assert "METHOD:REQUEST" in page
    assert "<script>alert(1)</script>" not in page
    assert "calendar file" not in owner.get(f"/studio/outbox/{plain.id}").text
