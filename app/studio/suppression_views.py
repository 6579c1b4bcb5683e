"""The list of suppressions: which addresses get no letter any more, why and since when; adding one, lifting one."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from app.extensions import db
from app.newsletter.returned.suppressing import lift, suppress
from app.people.addresses import normalize
from app.people.forms import Address, LineField
from app.people.models import Person
from app.people.suppressions import BY_OWNER, REASONS, Suppression
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

SUPPRESSIONS = Listing(
    rows=select(Suppression),
    number=Suppression.id,
    searched=(Suppression.address, Suppression.detail),
    address=Suppression.address,
    states={reason: Suppression.reason == reason for reason in REASONS},
)
A_SUPPRESSION = "/suppressions/<int(max=2147483647):suppression_id>"


class SuppressionForm(FlaskForm):
    email = EmailField("E-mail address", [InputRequired("Which address is it?"), Address()])
    note = LineField("Note", [Length(max=200, message="200 characters are enough.")])


@bp.get("/suppressions")
def list_suppressions() -> ResponseReturnValue:
    page = SUPPRESSIONS.page(Asked.by(request.args))
    return render_template("studio/suppressions.html", page=page, people=_people_at(page.rows))


@bp.get("/suppressions/new")
def begin_suppression() -> ResponseReturnValue:
    return render_template(
        "studio/suppression_new.html", form=SuppressionForm(formdata=None, email=request.args.get("email"))
    )


@bp.post("/suppressions")
def add_suppression() -> ResponseReturnValue:
    form = SuppressionForm()
    if not form.validate():
        return render_template("studio/suppression_new.html", form=form), 422
    address = normalize(form.email.data or "")
    suppress(address, BY_OWNER, form.note.data or "")
    entry = Suppression.of(address) or abort(409)
    db.session.commit()
    flash("No letter goes to this address any more.", "good")
    return redirect(url_for(".show_suppression", suppression_id=entry.id), 303)


@bp.get(A_SUPPRESSION)
def show_suppression(suppression_id: int) -> ResponseReturnValue:
    entry = db.session.get(Suppression, suppression_id) or abort(404)
    return render_template("studio/suppression.html", entry=entry, person=_people_at([entry]).get(entry.address))


@bp.post(f"{A_SUPPRESSION}/lifting")
def lift_suppression(suppression_id: int) -> ResponseReturnValue:
    entry = db.session.get(Suppression, suppression_id) or abort(404)
    if entry.address is None:
        abort(409, "This address is not known any more. Its reader lifts the entry by signing up again.")
    lift(entry.address)
    db.session.commit()
    flash("It is off the list. Nobody was subscribed by this.", "good")
    return redirect(url_for(".list_suppressions"), 303)


def _people_at(entries: list[Suppression]) -> dict[str | None, Person]:
    """Who is known at these addresses, by address."""
    known = select(Person).where(Person.email.in_([entry.address for entry in entries if entry.address]))
    return {person.email: person for person in db.session.scalars(known)}
