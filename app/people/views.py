"""Signing in and out. Pages are the same for every address, so that they tell nobody who has an account."""

import re

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_security import current_user
from flask_security.decorators import auth_required
from flask_security.utils import login_user

from app.extensions import SAFE_METHODS, csrf, db, security
from app.limits import form_limits
from app.people import emails, suppressions, tasks
from app.people.addresses import normalize
from app.people.forms import CodeForm, SignInForm
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.people.sign_in_allowance import SignInAllowance

# The worker knows a task once its module is imported.
__all__ = ["bp", "suppressions", "tasks"]

bp = Blueprint("people", __name__)


def safe_next(path: str) -> str:
    """`path` if it is a plain path of this site, else nothing. No slash games, schemes, backslashes or tabs fit."""
    return path if re.fullmatch(r"(/[A-Za-z0-9_-][A-Za-z0-9_.~-]*)+/?", path) and len(path) <= 200 else ""


def ask_to_sign_in(mechanisms: object = None, headers: object = None) -> Response:
    """What a stranger gets in place of a page for people who are signed in; a page, not a form, is come back to."""
    came_for = safe_next(request.path) if request.method in SAFE_METHODS else ""
    return make_response(redirect(url_for("people.sign_in", next=came_for or None), 303))


security.unauthn_handler(ask_to_sign_in)


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    next_path = safe_next(request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(next_path or _home_of(current_user), 303)
    return render_template("people/sign_in.html", form=SignInForm(next=next_path))


# The address has an allowance in the database. The limit here is wide, because a narrow one would let a stranger who
# keeps asking in somebody's name shut that person out. A hospital's doctors come through one network, a whole
# department in the hour of a live session.
@bp.post("/sign-in")
@csrf.exempt
@form_limits("sign-in", address="300/hour", network_="300/hour", domain="600/hour", in_all="1000/hour")
def send_sign_in_link() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        if form.is_trapped:
            return _check_inbox(form.email.data or "")
        return render_template("people/sign_in.html", form=form), 422
    address = normalize(form.email.data or "", local=True)
    if SignInAllowance.of(address).take_mail():
        _mail_a_way_in(address, safe_next(form.next.data or ""))
    db.session.commit()
    return _check_inbox(address)


# Guesses are few for a code and for an address a day, wherever they come from: a network may send a department's.
@bp.post("/sign-in/code")
@csrf.exempt
@form_limits("sign-in-code", address="60/hour", network_="300/hour", domain="1000/hour", in_all="5000/hour")
def sign_in_with_code() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate():
        if code := _guess(normalize(form.email.data or "", local=True), form.digits):
            return _enter(code)
        db.session.commit()  # The wrong guess counts.
        form.code.errors = ["That code is not right, or no longer good. Check the newest e-mail, or ask for another."]
    return render_template("people/check_inbox.html", form=form, email=form.email.data), 422


@bp.get("/sign-in/<token>")
def confirm_sign_in(token: str) -> ResponseReturnValue:
    if (code := SignInCode.from_link(token)) is None:
        return _link_expired()
    return render_template("people/confirm_sign_in.html", token=token, email=code.person.email)


@bp.post("/sign-in/<token>")
@csrf.exempt
def use_sign_in_link(token: str) -> ResponseReturnValue:
    if (code := SignInCode.from_link(token, for_use=True)) is None:
        return _link_expired()
    return _enter(code)


@bp.post("/sign-out")
@auth_required("session")
def sign_out() -> ResponseReturnValue:
    # The session lives in the cookie: only a new identity makes a copy of it worthless, here and everywhere.
    current_user.end_sessions()
    db.session.commit()
    session.clear()
    answer = redirect(url_for("hub.home"), 303)
    answer.headers["Clear-Site-Data"] = '"storage"'  # What was typed and never saved is kept in the browser.
    return answer


def _mail_a_way_in(address: str, next_path: str) -> None:
    if (person := Person.with_email(address)) and person.active:
        emails.sign_in_link(*SignInCode.issue(person, next_path))
    else:
        emails.no_account(address)


def _guess(address: str, digits: str) -> SignInCode | None:
    """The code, if the digits are right. Every guess is counted and written, so that all take equally long."""
    allowance = SignInAllowance.of(address)
    person = Person.with_email(address)
    code = SignInCode.from_digits(person, digits) if allowance.take_guess() and person else None
    if code:
        allowance.give_guess_back()
    return code


def _enter(code: SignInCode) -> ResponseReturnValue:
    """Start a session of its own for the person: nothing of what the browser held before goes into it."""
    person = code.use()
    person.was_here()
    target = code.next_path or _home_of(person)
    db.session.commit()
    session.clear()
    session.permanent = True
    login_user(person, remember=False, authn_via=["email"])
    return redirect(target, 303)


def _home_of(person: Person) -> str:
    return url_for("studio.show_dashboard") if person.is_owner else url_for("classroom.show_classroom")


def _check_inbox(address: str) -> ResponseReturnValue:
    return render_template("people/check_inbox.html", form=CodeForm(formdata=None, email=address), email=address)


def _link_expired() -> ResponseReturnValue:
    return render_template("people/link_expired.html", form=SignInForm(formdata=None)), 410
