"""What is sent from a lesson: words, answers to its quiz, and that it is done. One form holds them all, so that
whatever button is pressed, nothing that was typed is lost.
"""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.classroom import writing
from app.classroom.blueprint import WORDS, access, bp, form_is_old, keeps_words, wants_json
from app.classroom.certifying.certificates import certify
from app.classroom.lesson_views import A_LESSON, Wanted, lesson_page, wanted
from app.classroom.progress import LessonProgress
from app.classroom.questions import emails
from app.classroom.questions.models import CannotAsk, LessonQuestion
from app.classroom.quizzes import Choices, QuizResult
from app.clock import in_zone, now
from app.extensions import db
from app.local_times import clock_time
from app.people.models import Person

SEEN, REPLACES = "seen-", "replaces-"
PLACES = frozenset({"worksheet", "reflection", "quiz", "notes", "question", "progress"})
OLD_FORM = "This page had been open for long, or you signed in anew since. What you typed is below: please save it now."
CHANGED = "Some of this was changed on another device or in another window since this page was opened."
ELSEWHERE = (
    f"{CHANGED} Both are below, and nothing is lost. Save once more to put what stands in the form in place of what "
    "was saved."
)
BOTH_SHOWN = "Where both texts are shown, press Save to put yours in place of the other."
UNFIT = "Not everything could be saved. What you typed is below, with what to do about it."
NOT_ASKED = "Your question was not sent. What to do about it stands below the field, and what you typed is kept."
UNANSWERED = "Please choose an answer to each question. What you chose is kept."


@bp.post(f"{A_LESSON}/writing")
@keeps_words
def save_writing(module_slug: str, slug: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    words = _keep(found)
    db.session.commit()
    if wants_json():
        return _told(words, _typed())
    return _back(found, request.form.get("save", "")) if words.is_saved else _not_saved(found, words)


@bp.post(f"{A_LESSON}/quiz")
@keeps_words
def take_quiz(module_slug: str, slug: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    words, choices = _keep(found), Choices.sent(found.lesson, request.form)
    if not words.is_saved:
        db.session.commit()
        return _not_saved(found, words)
    if "again" in request.form:
        db.session.commit()
        return redirect(_url(found, "quiz", quiz="again"), 303)
    if choices.complete is None or not found.lesson.quiz:
        db.session.commit()
        return lesson_page(found, words, choices=choices, message=UNANSWERED, at="quiz"), 422
    QuizResult.take(access().person, found.lesson, choices.complete)
    db.session.commit()
    return _back(found, "quiz")


@bp.post(f"{A_LESSON}/completion")
@keeps_words
def complete_lesson(module_slug: str, slug: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    words = _keep(found)
    if not words.is_saved:
        db.session.commit()
        return _not_saved(found, words)
    completion = None
    if request.form.get("done") == "no":
        LessonProgress.reopen(access().person, found.lesson)
    else:
        completion = LessonProgress.complete(access(), found.lesson)
        if completion:
            any(certify(place) for place in access().places)  # By the first that is ready: one is enough.
    db.session.commit()
    return redirect(url_for(".show_classroom"), 303) if completion else _back(found, "progress")


@bp.post(f"{A_LESSON}/questions")
@keeps_words
def ask_coach(module_slug: str, slug: str) -> ResponseReturnValue:
    found = wanted(module_slug, slug)
    words, typed = _keep(found), request.form.get(f"{WORDS}{writing.QUESTION}", "")
    if not words.is_saved:
        db.session.commit()
        return _not_saved(found, words)
    try:
        question = LessonQuestion.ask(access().person, found.lesson, typed)
    except CannotAsk as problem:
        db.session.commit()
        words.problems[writing.QUESTION] = str(problem)
        choices = Choices.sent(found.lesson, request.form)
        return lesson_page(found, words, choices=choices, message=NOT_ASKED, at="question"), 422
    if question:
        db.session.flush()
        emails.question_asked(question)
    db.session.commit()
    flash("Your question is on its way to the coach. The answer comes by e-mail, and stands here.", "question")
    return _back(found, "question")


def _keep(found: Wanted) -> writing.Page:
    """Note that the person is at work, and save what was typed, unless the form is old: then the page shows it, and it
    is saved by its next form.

    It locks the person, for all that follows.
    """
    person, typed = Person.for_update(access().person.id), _typed()
    if person is None or person.erased_at:  # Their data was erased at this very moment.
        abort(401)
    LessonProgress.see(access().person, found.lesson)
    if (draft := typed.get(writing.QUESTION)) and LessonQuestion.is_waiting(person, found.lesson, draft.text):
        del typed[writing.QUESTION]  # Its button was pressed twice, or its page saved itself once more as it left.
    if not form_is_old():
        return writing.keep(access().person, found.lesson, typed)
    saved = writing.read(access().person, found.lesson)
    texts = saved.texts | {key: writing.tidy(sent.text) for key, sent in typed.items()}
    marks = saved.marks | {key: sent.seen for key, sent in typed.items()}
    return writing.Page(texts, marks, {"": OLD_FORM})


def _typed() -> dict[str, writing.Typed]:
    sent = {name.removeprefix(WORDS): text for name, text in request.form.items() if name.startswith(WORDS)}
    return {key: writing.Typed(text, _seen(key)) for key, text in sent.items()}


def _seen(key: str) -> str:
    """Of words that the page shows beside others, the mark of the others, if Save was pressed to put these words in
    their place. No other button, and no page that saves itself, has anybody's leave for that.
    """
    replaces = request.form.get(REPLACES + key)
    if replaces is None:
        return request.form.get(SEEN + key, "")
    is_meant = request.endpoint == "classroom.save_writing" and not wants_json()
    return replaces if is_meant else "not to be replaced"


def _not_saved(found: Wanted, words: writing.Page) -> ResponseReturnValue:
    without_field = [said for key, said in words.problems.items() if key not in writing.questions_of(found.lesson)]
    message = without_field[0] if without_field else ELSEWHERE if words.saved_elsewhere else UNFIT
    choices = Choices.sent(found.lesson, request.form)
    status = 400 if form_is_old() else 409 if words.saved_elsewhere else 422
    return lesson_page(found, words, choices=choices, message=message), status


def _told(words: writing.Page, typed: dict[str, writing.Typed]) -> ResponseReturnValue:
    """To the page's script: what was saved, and what not; and the marks of what the page shows as it is saved.

    A field that shows less than was saved from another device keeps its old mark. With the new one, the next form would
    say that its text is to take the place of what it never showed.
    """
    at = clock_time(in_zone(now(), access().zone))
    marks = {
        SEEN + key: now_saved
        for key, now_saved in words.marks.items()
        if key in typed and writing.mark(writing.tidy(typed[key].text)) == now_saved
    }
    said: dict[str, Any] = {"saved": at, "marks": marks}
    if words.is_saved:
        return said
    if form_is_old():
        return {"message": OLD_FORM}, 400
    wrong = list(words.problems.values())
    if words.saved_elsewhere:
        are_shown = all(request.form.get(REPLACES + key) == words.marks[key] for key in words.saved_elsewhere)
        wrong.append(BOTH_SHOWN if are_shown else f"{CHANGED} Press Save to see both.")
    said["unsaved"] = [WORDS + key for key in {**words.saved_elsewhere, **words.problems}]
    said["message"] = " ".join([*wrong, f"All else was saved {at}."])
    return said, 409 if words.saved_elsewhere else 422


def _back(found: Wanted, place: str) -> ResponseReturnValue:
    return redirect(_url(found, place if place in PLACES else "notes"), 303)


def _url(found: Wanted, anchor: str, **more: str) -> str:
    slugs = {"module_slug": found.step.part.module.slug, "slug": found.lesson.slug}
    return url_for(".show_lesson", _anchor=anchor, **slugs, **more)  # type: ignore[arg-type]
