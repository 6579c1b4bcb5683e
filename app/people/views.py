import re

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.decorators import auth_required
from flask_security.utils import login_user, logout_user

from app.extensions import csrf, db
from app.limits import form_limits
from app.people import emails
from app.people.addresses import normalize
from app.people.forms import CodeForm, SignInForm
from app.people.models import Person
from app.people.sign_in import SignInCode

bp = Blueprint("people", __name__)


def safe_next(path: str) -> str:
    """`path` if it is a plain path of this site, else nothing. No slash games, schemes, backslashes or tabs fit."""
    return path if re.fullmatch(r"(/[A-Za-z0-9_-][A-Za-z0-9_.~-]*)+/?", path) and len(path) <= 200 else ""


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    return render_template("people/sign_in.html", form=SignInForm(next=safe_next(request.args.get("next", ""))))


@bp.post("/sign-in")
@csrf.exempt
@form_limits("sign-in", address="5/hour", network_="30/hour", domain="200/hour", in_all="1000/hour")
def send_sign_in_link() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return render_template("people/sign_in.html", form=form), 422
    address = normalize(form.email.data or "", local=True)
    # The same work and the same answer, whether or not we know the address.
    if (person := Person.with_email(address)) and person.active:
        emails.sign_in_link(*SignInCode.issue(person, safe_next(form.next.data or "")))
    else:
        emails.no_account(address)
    db.session.commit()
    return render_template("people/check_inbox.html", form=CodeForm(email=address), email=address)


@bp.post("/sign-in/code")
@csrf.exempt
@form_limits("sign-in-code", address="10/hour", network_="60/hour", domain="1000/hour", in_all="5000/hour")
def sign_in_with_code() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate():
        person = Person.with_email(normalize(form.email.data or "", local=True))
        code = SignInCode.from_digits(person, re.sub(r"\s", "", form.code.data or "")) if person else None
        if code:
            return _enter(code)
        db.session.commit()  # The wrong guess counts.
        form.code.errors = ["That code is not right, or no longer good. Check the newest e-mail, or ask for another."]
    return render_template("people/check_inbox.html", form=form, email=form.email.data), 422


@bp.get("/sign-in/<token>")
def confirm_sign_in(token: str) -> ResponseReturnValue:
    if (code := SignInCode.from_link(token)) is None:
        return render_template("people/link_expired.html", form=SignInForm()), 410
    return render_template("people/confirm_sign_in.html", token=token, email=code.person.email)


@bp.post("/sign-in/<token>")
@csrf.exempt
def use_sign_in_link(token: str) -> ResponseReturnValue:
    if (code := SignInCode.from_link(token)) is None:
        return render_template("people/link_expired.html", form=SignInForm()), 410
    return _enter(code)


@bp.post("/sign-out")
@auth_required("session")
def sign_out() -> ResponseReturnValue:
    logout_user()
    return redirect(url_for("hub.home"), 303)


def _enter(code: SignInCode) -> ResponseReturnValue:
    person = code.use()
    login_user(person, remember=False, authn_via=["email"])
    db.session.commit()
    home = url_for("studio.show_dashboard") if person.is_owner else url_for("classroom.show_classroom")
    return redirect(code.next_path or home, 303)
