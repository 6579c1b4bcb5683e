"""A learner asks the coach in a lesson; the owner answers in the studio; nobody else reads either."""

import re

import pytest
from sqlalchemy import select

from app.classroom.questions.models import MOST_OPEN, LessonQuestion
from app.extensions import db
from app.outbox import Email
from app.people import records
from app.people.models import Person
from tests.classroom.conftest import Learner, enroll, form_of
from tests.races import at_once, fresh_rows
from tests.studio.conftest import signed_in, token_in

ADA, OWNER = "ada@example.org", "owner@doctor.example.org"
LESSON = "first/stand"
QUESTION = "How do I say no to my chief?\nShe means well."


@pytest.fixture
def owner(app):
    return signed_in(app, OWNER, owner=True)


def ask(learner, words=QUESTION, **typed):
    return learner.post(f"{LESSON}/questions", **{"text-_question": words} | typed)


def questions() -> list[LessonQuestion]:
    with fresh_rows():
        return list(db.session.scalars(select(LessonQuestion).order_by(LessonQuestion.id)))


def answer(owner, question, words="Say what you would do instead."):
    with fresh_rows():
        token = token_in(owner.get(f"/studio/questions/{question.id}"))
        return owner.post(f"/studio/questions/{question.id}", data={"csrf_token": token, "answer": words})


def test_that_a_question_is_on_its_way_stands_at_the_question_and_nothing_else_does(ada):
    page = ada.get(LESSON)
    ada.post("time-zone", page, time_zone="Asia/Tokyo")  # What it says waits for the next page.
    ada.post(f"{LESSON}/questions", page, **{"text-_question": QUESTION})
    top, at_question = ada.get(LESSON).text.split('id="question"')
    chose, on_its_way = "the clocks you chose now", "is on its way to the coach"
    assert (chose in top, on_its_way in top) == (True, False)
    assert (chose in at_question, on_its_way in at_question) == (False, True)
    ask(ada, "And to hers?")
    assert 'class="wrap messages"' not in ada.get("").text  # No empty box.


def test_a_question_is_answered_by_mail_and_in_the_lesson(ada, owner, mail):
    assert ask(ada, **{"text-purpose": "To be of use"}).status_code == 303
    page = ada.get(LESSON).text
    assert "is on its way to the coach" in page.split('id="question"')[1]  # Where the page opens.
    assert "How do I say no" in page
    assert "Not answered yet" in page
    assert "To be of use" in page
    assert not re.search(r'name="text-_question"[^>]*>\n[^<]', page)
    [to_owner] = mail.to(OWNER, "classroom/question_asked")
    assert "say no" not in to_owner.body
    [question] = questions()
    assert "How do I say no" in owner.get("/studio/questions?state=open").text
    words, link = "Read https://example.org/no, <b>then</b> say it.", 'href="https://example.org/no"'
    assert answer(owner, question, words).status_code == 303
    [letter] = mail.to(ADA, "classroom/question_answered")
    assert words in letter.body
    for page in (letter.html, ada.get(LESSON).text, owner.get(f"/studio/questions/{question.id}").text):
        assert (link in page, "&lt;b&gt;then" in page) == (True, True)
    assert "How do I say no" not in owner.get("/studio/questions?state=open").text


def test_a_page_that_saves_itself_after_it_asked_makes_no_draft_of_the_question(ada):
    page = ada.get(LESSON)
    ask(ada)
    late = ada.post(
        f"{LESSON}/writing", page, json=True, **{"text-_question": QUESTION, "text-purpose": "To be of use"}
    )
    assert late.status_code == 200
    assert form_of(ada.get(LESSON))["text-_question"] == ""
    assert form_of(ada.get(LESSON))["text-purpose"] == "To be of use"
    ada.post(f"{LESSON}/writing", **{"text-_question": "Another"})
    assert form_of(ada.get(LESSON))["text-_question"] == "Another"


def test_an_answer_is_markdown_in_the_mail_and_on_the_pages(ada, owner, mail):
    ask(ada)
    [question] = questions()
    words = "**Do** [this](https://example.org/no):\n\n- ask\n- wait\n\nYours\nIda\n\n# 1 ![map](https://example.org/map.png)"
    answer(owner, question, words)
    [letter] = mail.to(ADA, "classroom/question_answered")
    assert "Do this (https://example.org/no):\n\n- ask\n- wait\n\nYours\nIda" in letter.body
    for page in (letter.html, ada.get(LESSON).text, owner.get(f"/studio/questions/{question.id}").text):
        shown = re.sub(r' style="[^"]*"', "", page)
        assert '<p><strong>Do</strong> <a href="https://example.org/no">this</a>:</p>' in shown
        assert "<li>ask</li>" in shown and re.search(r"Yours<br ?/?>\s*Ida", shown)
        assert "map.png" not in "".join(re.findall("<img[^>]*>", shown)) and "<h1>1" not in shown


def test_a_second_answer_is_not_sent_and_not_lost(ada, owner, mail):
    ask(ada)
    [question] = questions()
    with fresh_rows():
        token = token_in(owner.get(f"/studio/questions/{question.id}"))
    answer(owner, question)
    with fresh_rows():
        data = {"csrf_token": token, "answer": "Another answer"}
        again = owner.post(f"/studio/questions/{question.id}", data=data)
    assert again.status_code == 409
    assert "Another answer" in again.text
    assert len(mail.to(ADA, "classroom/question_answered")) == 1


@pytest.mark.parametrize(
    ("words", "says"), [("", "write your question first"), ("His MRN is 4471 882", "a record number")]
)
def test_what_cannot_be_asked_is_said_why_and_kept(ada, mail, words, says):
    refused = ask(ada, words)
    assert refused.status_code == 422
    assert says in refused.text
    assert refused.text.index('<h2 id="question">') < refused.text.index("was not sent") < refused.text.index(says)
    assert words in refused.text
    assert words in ada.get(LESSON).text
    assert questions() == []
    assert mail.to(OWNER) == []


@pytest.mark.parametrize("draft", ["", "How do I say no?", QUESTION])
def test_pressed_twice_it_is_asked_once_whatever_was_drafted_before(ada, mail, draft):
    ada.post(f"{LESSON}/writing", **{"text-_question": draft})
    page = ada.get(LESSON)
    for _ in range(2):
        assert ada.post(f"{LESSON}/questions", page, **{"text-_question": QUESTION}).status_code == 303
    assert len(questions()) == 1
    assert len(mail.to(OWNER)) == 1


def test_nobody_fills_the_owners_desk(ada, mail):
    for number in range(MOST_OPEN + 1):
        answered = ask(ada, f"Question {number}")
    assert answered.status_code == 422
    assert f"Question {MOST_OPEN}" in answered.text
    assert len(questions()) == MOST_OPEN


def test_nobody_else_reads_what_was_asked_and_answered(app, ada, owner, cohort):
    ask(ada)
    [question] = questions()
    answer(owner, question)
    enroll("grace@example.org", cohort)
    grace = Learner(app, "grace@example.org")
    assert "say no" not in grace.get(LESSON).text
    assert grace.client.get(f"/studio/questions/{question.id}").status_code == 404


def test_two_answers_at_once_are_one(app, ada, owner, mail):
    ask(ada)
    [question] = questions()
    with fresh_rows():
        token = token_in(owner.get(f"/studio/questions/{question.id}"))
    db.session.rollback()

    def send(number: int) -> int:
        data = {"csrf_token": token, "answer": f"Answer {number}"}
        return owner.post(f"/studio/questions/{question.id}", data=data).status_code

    assert sorted(at_once(2, send)) == [303, 409]
    assert len(mail.to(ADA, "classroom/question_answered")) == 1


def test_questions_are_told_and_erased(ada):
    ask(ada)
    with fresh_rows():
        told = records.export(Person.at(ADA))["classroom"]["questions"]
        assert (told[0]["text"], told[0]["lesson"]) == (QUESTION, "Say What You Stand For")
        records.erase(Person.at(ADA))
        db.session.commit()
    assert questions() == []
    with fresh_rows():  # The owner's mail about it names the person.
        assert db.session.scalars(db.select(Email).filter_by(template="classroom/question_asked")).all() == []


def test_the_overview_says_which_questions_wait_until_they_are_answered(ada, owner):
    ask(ada)
    [question] = questions()
    waits = f'<a href="/studio/questions/{question.id}">Answer the question of <bdi>{ADA}</bdi></a>'
    assert waits in owner.get("/studio/").text
    answer(owner, question)
    assert "Nothing is waiting" in owner.get("/studio/").text
