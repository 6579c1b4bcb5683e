"""A letter to the chair: without an account, and in the classroom with what is known filled in."""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.decorators import auth_required

from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Course
from app.enrollment.papers.forms import LetterForm
from app.enrollment.papers.letter_text import as_text
from app.enrollment.papers.models import Paper
from app.enrollment.papers.views import as_file, bp
from app.extensions import csrf, db, limiter
from app.hub.feeds import MAPS
from app.limits import network
from app.publishing import public_page
from app.urls import absolute_url

__all__ = ["bp"]
MAPS.append(lambda: [(absolute_url("papers.show_letter"), None)] if Course.current() else [])


def drawing_limit(view: Callable[..., Any]) -> Callable[..., Any]:
    """A PDF takes a moment to draw: nobody may keep the site busy with that, nor fill the table of papers."""
    for limit, scope, key in (("20/hour", "letter:network", network), ("300/hour", "letter:all", lambda: "all")):
        view = limiter.shared_limit(limit, scope=scope, key_func=key, methods=["POST"])(view)
    return view


@bp.get("/course/approval-letter")
@public_page
def show_letter() -> ResponseReturnValue:
    cohorts = _on_sale()
    return _public_form(LetterForm(cohorts, formdata=None, cohort=cohorts[0].id if cohorts else None))


@bp.post("/course/approval-letter")
@csrf.exempt
@drawing_limit
def write_letter() -> ResponseReturnValue:
    form = LetterForm(_on_sale())
    if form.is_trapped:
        return redirect(url_for(".show_letter"), 303)
    return _answer(form) or (_public_form(form), 422)


@bp.get("/learn/papers/letter")
@auth_required("session")
def show_own_letter() -> ResponseReturnValue:
    form = _form_of_own(formdata=None, name=current_user.name)
    form.cohort.data = next(iter(form.cohorts))
    return _own_form(form)


@bp.post("/learn/papers/letter")
@auth_required("session")
@drawing_limit
def write_own_letter() -> ResponseReturnValue:
    form = _form_of_own()
    return _answer(form) or (_own_form(form), 422)


def _answer(form: LetterForm) -> ResponseReturnValue | None:
    """The letter as it was asked for, or None if the form must be mended. What was typed is not kept."""
    if not form.validate():
        return None
    paper, words = Paper.letter(form.chosen), form.words
    db.session.commit()
    if request.form.get("as") == "text":
        text = as_text(paper.facts, words, paper.check_url)
        return render_template("enrollment/papers/letter_text.html", text=text, paper=paper)
    from app.enrollment.papers.drawing import draw_letter  # It takes a while to import, and most never draw.

    return as_file(draw_letter(paper, words), paper.file_name)


def _on_sale() -> list[Cohort]:
    course = Course.current() or abort(404)
    return course.cohorts_on_sale


def _form_of_own(**options: Any) -> LetterForm:
    places = Enrollment.all_standing(current_user) or abort(404)
    paid_for = [place.cohort for place in places if place.order.person_id != current_user.id]
    return LetterForm([place.cohort for place in places], paid_for, **options)


def _public_form(form: LetterForm) -> str:
    canonical = absolute_url("papers.show_letter")
    return render_template("enrollment/papers/letter.html", form=form, course=Course.current(), canonical_url=canonical)


def _own_form(form: LetterForm) -> str:
    return render_template("enrollment/papers/own_letter.html", form=form)
