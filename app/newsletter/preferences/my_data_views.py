"""What we hold about somebody: asked for from the link in any mail, shown and erased with the one mailed then."""

from flask import Response, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.extensions import csrf, db
from app.followups.leaving import data_url, preferences_url
from app.newsletter import emails
from app.newsletter.allowance import OWN_DATA, Allowance
from app.newsletter.preferences import my_data
from app.newsletter.preferences.preferences_views import person_of_link
from app.newsletter.views import bp, link_expired
from app.people import records
from app.people.addresses import masked
from app.people.models import Person
from app.publishing import public_page
from app.urls import absolute_url

bp.add_app_template_filter(data_url)


@bp.get("/data/<token>")
def show_way_to_data(token: str) -> ResponseReturnValue:
    person = person_of_link(token, "data")
    return render_template("newsletter/way_to_data.html", person=person, email=masked(person.email))


@bp.post("/data/<token>")
@csrf.exempt
def ask_for_data(token: str) -> ResponseReturnValue:
    person = person_of_link(token, "data")
    if Allowance.take(person.email, OWN_DATA):
        emails.my_data(person, absolute_url("newsletter.show_data", token=my_data.proof_of(person)))
    db.session.commit()
    return redirect(url_for(".show_data_asked", token=token), 303)


@bp.get("/data/<token>/asked")
def show_data_asked(token: str) -> ResponseReturnValue:
    return render_template("newsletter/data_asked.html", email=masked(person_of_link(token, "data").email))


@bp.get("/my-data/<token>")
def show_data(token: str) -> ResponseReturnValue:
    person = _proven(token)
    return render_template("newsletter/my_data.html", token=token, person=person, parts=records.PARTS.values())


@bp.get("/my-data/<token>/export")
def export_data(token: str) -> ResponseReturnValue:
    return Response(
        records.as_json(_proven(token)),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@bp.get("/my-data/<token>/erasure")
def show_erasure(token: str) -> ResponseReturnValue:
    return _erasure_page(token, _proven(token))


@bp.post("/my-data/<token>/erasure")
@csrf.exempt
def erase_me(token: str) -> ResponseReturnValue:
    person = _proven(token)
    try:
        my_data.erase(person)
    except records.CannotErase:
        db.session.rollback()
        return _erasure_page(token, _proven(token)), 409
    db.session.commit()
    return redirect(url_for(".show_erased"), 303)


@bp.get("/erased")
@public_page
def show_erased() -> ResponseReturnValue:
    return render_template("newsletter/erased.html")


def _erasure_page(token: str, person: Person) -> str:
    return render_template(
        "newsletter/erasure.html",
        token=token,
        email=person.email,
        parts=records.PARTS.values(),
        kept=records.kept(person),
        hindrances=records.hindrances(person),
        preferences_url=preferences_url(person),
    )


def _proven(token: str) -> Person:
    return my_data.person_proven(token) or abort(make_response(link_expired()))
