from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.coaching.models import Consultation
from app.enrollment.enrollments import Enrollment
from app.enrollment.models import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.newsletter.departures import Departure
from app.newsletter.models import Subscription
from app.outbox import Email
from app.people.models import OWNER, Consent, Person, Role
from app.people.suppressions import Suppression
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

# Of the longest histories the newest lines: enough to answer a question, never a page that does not load.
SHOWN = 50

PEOPLE = Listing(
    rows=select(Person).options(selectinload(Person.roles)),
    number=Person.id,
    searched=(Person.email, Person.name),
    states={
        "owner": Person.roles.any(Role.name == OWNER),
        "barred": Person.active.is_(False) & Person.erased_at.is_(None),
    },
)


@bp.get("/people")
def list_people() -> ResponseReturnValue:
    return render_template("studio/people.html", page=PEOPLE.page(Asked.by(request.args)))


@bp.get("/people/<int(max=2147483647):person_id>")
def show_person(person_id: int) -> ResponseReturnValue:
    person = db.session.get(Person, person_id) or abort(404)
    return render_template(
        "studio/person.html",
        person=person,
        subscription=Subscription.of(person),
        suppression=Suppression.of(person.email),
        consultations=_newest(Consultation, person),
        orders=_newest(Order, person, joinedload(Order.cohort).joinedload(Cohort.course)),
        enrollments=_newest(Enrollment, person, joinedload(Enrollment.cohort)),
        consents=_newest(Consent, person),
        departures=_newest(Departure, person),
        emails=_newest(Email, person),
    )


def _newest(model: Any, person: Person, *options: ORMOption) -> list[Any]:
    rows = select(model).filter_by(person_id=person.id).options(*options)
    return list(db.session.scalars(rows.order_by(model.id.desc()).limit(SHOWN)))
