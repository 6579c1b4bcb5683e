from flask import current_app

from app import markdown, outbox
from app.classroom.questions.models import LessonQuestion
from app.urls import absolute_url


def question_asked(question: LessonQuestion) -> None:
    """To the owner. What was asked stands in the studio only."""
    outbox.post(
        to=current_app.config["OWNER_EMAIL"],
        template="classroom/question_asked",
        learner=question.person,
        lesson=question.lesson,
        studio_url=absolute_url("studio.show_question", question_id=question.id),
    )


def question_answered(question: LessonQuestion) -> None:
    """The answer, to whoever asked."""
    slugs = {"module_slug": question.lesson.module.slug, "slug": question.lesson.slug}
    lesson_url = absolute_url("classroom.show_lesson", _anchor="question", **slugs)
    outbox.post(
        to=question.person,
        template="classroom/question_answered",
        automatic=False,
        question=question,
        answer=markdown.plain(question.answer),
        lesson_url=lesson_url,
    )
