"""What learners ask the coach in lessons, and the answers."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.classroom.lessons import Lesson
from app.classroom.questions import emails
from app.classroom.questions.models import LessonQuestion
from app.extensions import db
from app.people.forms import Form, PlainText, one_kind_of_line_break
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

A_QUESTION = "/questions/<int(max=2147483647):question_id>"
LONGEST_ANSWER = 10_000
QUESTIONS = Listing(
    rows=select(LessonQuestion)
    .join(LessonQuestion.person)
    .options(contains_eager(LessonQuestion.person), joinedload(LessonQuestion.lesson).joinedload(Lesson.module)),
    number=LessonQuestion.id,
    searched=(Person.email, Person.name, LessonQuestion.text),
    states={"open": LessonQuestion.answered_at.is_(None), "answered": LessonQuestion.answered_at.is_not(None)},
)


class AnswerForm(Form):
    answer = TextAreaField(
        "Your answer",
        [
            DataRequired("Write an answer first."),
            Length(max=LONGEST_ANSWER, message=f"{LONGEST_ANSWER:,} characters are the most. Please shorten it."),
            PlainText(),
        ],
        filters=[one_kind_of_line_break],
    )


@bp.get("/questions")
def list_questions() -> ResponseReturnValue:
    return render_template("studio/questions.html", page=QUESTIONS.page(Asked.by(request.args)))


@bp.get(A_QUESTION)
def show_question(question_id: int) -> ResponseReturnValue:
    question = db.session.get(LessonQuestion, question_id) or abort(404)
    return render_template("studio/question.html", question=question, form=AnswerForm(formdata=None))


@bp.post(A_QUESTION)
def answer_question(question_id: int) -> ResponseReturnValue:
    question, form = LessonQuestion.for_update(question_id) or abort(404), AnswerForm()
    if not form.validate():
        return render_template("studio/question.html", question=question, form=form), 422
    if not question.answer_with(form.answer.data or ""):
        return render_template("studio/question.html", question=question, form=form), 409
    emails.question_answered(question)
    db.session.commit()
    flash("Your answer is on its way, and stands in the lesson.", "good")
    return redirect(url_for(".list_questions", state="open"), 303)
