import pytest
from sqlalchemy import select

from app.classroom.progress import CourseCompletion, LessonProgress
from app.classroom.quizzes import QuizResult
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.classroom.conftest import FIRST, PLAIN, form_of, write_lesson
from tests.classroom.test_content import import_again
from tests.races import at_once

ALL = ("first/stand", "first/map", "second/ask")


def done(ada, *paths, **fields):
    return [ada.post(f"{path}/completion", **({"done": "yes"} | fields)) for path in paths]


def completions() -> list[CourseCompletion]:
    db.session.rollback()
    return list(db.session.scalars(select(CourseCompletion)))


def test_one_goes_on_where_one_left_off(ada, clock):
    assert "Begin: Say What You Stand For" in ada.get().text
    ada.get("first/map")
    assert "Go on: Map Who Has a Say" in ada.get().text
    clock.advance(minutes=5)
    ada.get("first/stand")
    assert "Go on: Say What You Stand For" in ada.get().text
    done(ada, "first/stand")
    assert "Go on: Map Who Has a Say" in ada.get().text


def test_looking_ahead_by_machine_or_only_asking_for_the_headers_is_no_reading(ada):
    ada.get("first/map", headers={"Sec-Purpose": "prefetch;prerender"})
    ada.client.head("/learn/first/map")
    assert db.session.scalar(select(LessonProgress)) is None


def test_a_lesson_is_done_and_not_done_again(ada, clock):
    [answer] = done(ada, "first/stand")
    assert (answer.status_code, answer.location) == (303, "/learn/first/stand#progress")
    assert "Next: Map Who Has a Say" in ada.get("first/stand").text
    assert "1 of 3 lessons done (33%)" in ada.get().text
    clock.advance(days=1)
    done(ada, "first/stand")
    done(ada, "first/stand", done="no")
    assert "Mark as done" in ada.get("first/stand").text
    assert "0 of 3 lessons done (0%)" in ada.get().text


def test_pressing_done_saves_what_was_typed(ada):
    ada.post("first/stand/completion", done="yes", **{"text-_notes": "Typed last"})
    assert "Typed last" in ada.get("first/stand").text


def test_the_course_is_completed_with_the_last_lesson(ada, clock):
    last = done(ada, *ALL)[-1]
    assert (last.status_code, last.location) == (303, "/learn/")
    [completion] = completions()
    assert completion.completed_on.isoformat() == "2026-11-23"
    assert Paper.of_person(ada.person) == []  # The live sessions are still to come.
    assert "You were done with every lesson on November 23, 2026" in ada.get().text
    clock.advance(days=9)
    done(ada, "second/ask", done="no")
    done(ada, "second/ask")
    assert [row.completed_on.isoformat() for row in completions()] == ["2026-11-23"]


def test_the_day_is_that_of_the_cohort(ada, clock):
    clock.advance(hours=18)  # Three in the morning of November 24 in UTC, the evening before in New York.
    done(ada, *ALL)
    assert (completions()[0].completed_on.isoformat(), clock().date().isoformat()) == ("2026-11-23", "2026-11-24")


def test_the_last_two_lessons_finished_at_once_complete_the_course_once(ada):
    done(ada, "first/stand")
    fields = [form_of(ada.get(path)) | {"done": "yes"} for path in ALL[1:]]
    db.session.rollback()
    answers = at_once(2, lambda index: ada.client.post(f"/learn/{ALL[index + 1]}/completion", data=fields[index]))
    assert sorted(answer.status_code for answer in answers) == [303, 303]
    assert len(completions()) == 1


def test_a_retired_lesson_is_not_asked_for_and_a_new_one_takes_nothing_back(ada, lessons):
    (lessons / "course" / "lessons" / "first" / "02-map.md").unlink()
    import_again(lessons)
    done(ada, "first/stand", "second/ask")
    assert len(completions()) == 1
    write_lesson(lessons, "first/02-map", PLAIN)
    import_again(lessons)
    page = ada.get()
    assert "2 of 3 lessons done (66%)" in page.text and "You were done with every lesson" in page.text


# The quiz.


def quiz(ada, *options, **more):
    return ada.post(
        "first/stand/quiz", **{f"quiz-{number}": str(option) for number, option in enumerate(options)}, **more
    )


def test_a_quiz_tells_what_was_right_and_why(ada):
    answer = quiz(ada, 1, 2)
    assert (answer.status_code, answer.location) == (303, "/learn/first/stand#quiz")
    page = ada.get("first/stand").text
    for said in ("1 of 2 right.", "No badge is needed.", "Not quite. The answer: “Listen”", "best so far: 1 of 2"):
        assert said in page, said


def test_only_the_best_result_counts_however_often_it_is_taken(ada):
    for options in ((0, 2), (1, 0), (0, 0)):
        quiz(ada, *options)
    page = ada.get("first/stand").text
    assert "1 of 2 right.</b> Your best so far: 2 of 2." in page
    result = db.session.scalars(select(QuizResult)).one()
    assert (result.best, result.questions, result.attempts) == (2, 2, 3)


def test_a_quiz_can_be_begun_anew_without_the_answers(ada):
    quiz(ada, 1, 2, again="yes", **{"text-_notes": "Kept"})
    page = ada.get("first/stand?quiz=again").text
    assert "No badge is needed." not in page and " checked" not in page and "Kept" in page


@pytest.mark.parametrize("options", [(1,), (1, 7), (1, -1), (1, "x"), ()])
def test_an_unanswered_question_is_asked_again_and_nothing_is_lost(ada, options):
    answer = quiz(ada, *options, **{"text-purpose": "Words"})
    assert (answer.status_code, "choose an answer to each" in answer.text) == (422, True)
    assert answer.text.index('<h2 id="quiz">') < answer.text.index("choose an answer to each")
    assert ('name="quiz-0" value="1" checked' in answer.text) == bool(options)
    assert "Words" in ada.get("first/stand").text
    assert db.session.scalar(select(QuizResult)) is None


def test_another_quiz_begins_anew(ada, lessons):
    quiz(ada, 1, 0)
    write_lesson(lessons, "first/01-stand", FIRST | {"quiz": FIRST["quiz"][1:]})
    import_again(lessons)
    assert "best so far" not in ada.get("first/stand").text
    quiz(ada, 2)
    assert "0 of 1 right.</b> Your best so far: 0 of 1." in ada.get("first/stand").text


def test_a_lesson_without_a_quiz_takes_none(ada):
    assert ada.post("first/map/quiz", **{"quiz-0": "0"}).status_code == 422
