"""What is held of a person, as a file for them, and erasing it at their wish."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db
from app.newsletter.preferences import my_data
from app.people import records
from app.people.models import Person
from app.studio.blueprint import bp


@bp.get("/people/<int(max=2147483647):person_id>/export")
def export_person(person_id: int) -> ResponseReturnValue:
    person = db.session.get(Person, person_id) or abort(404)
    return Response(
        records.as_json(person),
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="person-{person.id}.json"'},
    )


@bp.get("/people/<int(max=2147483647):person_id>/erasure")
def show_erasure(person_id: int) -> ResponseReturnValue:
    return _erasure_page(db.session.get(Person, person_id) or abort(404))


@bp.post("/people/<int(max=2147483647):person_id>/erasure")
def erase_person(person_id: int) -> ResponseReturnValue:
    person = db.session.get(Person, person_id) or abort(404)
    typed = request.form.get("address", "").strip().lower()
    if typed != person.email:
        return _erasure_page(person, typed, "This is not the address of this person. Type it to be sure."), 422
    try:
        my_data.erase(person)
    except records.CannotErase:
        db.session.rollback()
        return _erasure_page(db.session.get(Person, person_id) or abort(404), typed), 409
    db.session.commit()
    flash("Everything about this person is erased. They get one last e-mail that says so.", "good")
    return redirect(url_for(".list_people"), 303)


def _erasure_page(person: Person, typed: str = "", problem: str = "") -> str:
    return render_template(
        "studio/erasure.html",
        person=person,
        typed=typed,
        problem=problem,
        parts=records.PARTS.values(),
        kept=records.kept(person),
        hindrances=records.hindrances(person),
    )
