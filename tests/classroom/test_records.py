from sqlalchemy import func, select

from app.classroom.progress import CourseCompletion, LessonProgress
from app.classroom.quizzes import QuizResult
from app.classroom.writing import Writing
from app.extensions import db
from app.people import records
from tests.classroom.conftest import Learner, enroll

ROWS = (Writing, LessonProgress, QuizResult, CourseCompletion)


def counted() -> list[int]:
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(kind)) for kind in ROWS]


def take_the_course(learner: Learner) -> None:
    learner.post("first/stand/quiz", **{"quiz-0": "1", "quiz-1": "0", "text-purpose": "To listen"})
    for path in ("first/stand", "first/map", "second/ask"):
        learner.post(f"{path}/completion", done="yes")


def test_all_that_a_person_did_is_told(ada):
    take_the_course(ada)
    told = records.export(ada.person)["classroom"]
    assert told["writing"][0]["question"] == "Your purpose"
    assert (told["writing"][0]["text"], told["writing"][0]["lesson"]) == ("To listen", "Say What You Stand For")
    assert [len(told["progress"]), told["quizzes"][0]["best"], told["completed"][0]["course"]] == [3, 2, "Leading"]
    records.as_json(ada.person)


def test_erasing_takes_it_all_and_leaves_what_others_have(ada, app, cohort):
    enroll("grace@example.org", cohort)
    for learner in (ada, Learner(app, "grace@example.org")):
        take_the_course(learner)
    assert counted() == [2, 6, 2, 2]
    records.erase(ada.person)
    db.session.commit()
    assert counted() == [1, 3, 1, 1]
