from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from app.coaching.models import Consultation
from app.coaching.waiting.models import WaitingEntry
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.followups.models import LONGEST_TAG
from app.newsletter.issues.models import Issue
from app.newsletter.models import Subscription
from app.newsletter.preferences.departures import Departure
from app.newsletter.sending.deliveries import Delivery
from app.outbox import Email
from app.people.models import OWNER, Consent, Person, Role
from app.people.suppressions import Suppression
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

# Of the longest histories the newest lines: enough to answer a question, never a page that does not load.
SHOWN = 50

A_PERSON = "/people/<int(max=2147483647):person_id>"

PEOPLE = Listing(
    rows=select(Person).options(selectinload(Person.roles)),
    number=Person.id,
    searched=(Person.email, Person.name),
    address=Person.email,
    states={
        "owner": Person.roles.any(Role.name == OWNER),
        "barred": Person.active.is_(False) & Person.erased_at.is_(None),
    },
)


@bp.get("/people")
def list_people() -> ResponseReturnValue:
    return render_template("studio/people.html", page=PEOPLE.page(Asked.by(request.args)))


@bp.get(A_PERSON)
def show_person(person_id: int) -> ResponseReturnValue:
    return _person_page(db.session.get(Person, person_id) or abort(404))


def _person_page(person: Person, *, typed_tags: str = "") -> str:
    subscription = Subscription.of(person)
    return render_template(
        "studio/person.html",
        person=person,
        typed_tags=typed_tags,
        subscription=subscription,
        suppression=Suppression.of(person.email),
        consultations=_newest(
            Consultation,
            person,
            joinedload(Consultation.kind),
            joinedload(Consultation.coach),
            joinedload(Consultation.payment),
        ),
        waiting=_newest(WaitingEntry, person, joinedload(WaitingEntry.kind), joinedload(WaitingEntry.coach)),
        orders=_newest(Order, person, joinedload(Order.cohort).joinedload(Cohort.course)),
        enrollments=_newest(Enrollment, person, joinedload(Enrollment.cohort)),
        consents=_newest(Consent, person),
        departures=_newest(Departure, person),
        deliveries=_issues_to(subscription) if subscription else [],
        emails=_newest(Email, person),
    )


def _newest(model: Any, person: Person, *options: ORMOption) -> list[Any]:
    rows = select(model).filter_by(person_id=person.id).options(*options)
    return list(db.session.scalars(rows.order_by(model.id.desc()).limit(SHOWN)))


def _issues_to(subscription: Subscription) -> list[tuple[Delivery, Issue]]:
    """The issues that went to them last, each with what came of it."""
    theirs = select(Delivery, Issue).join(Issue, Issue.id == Delivery.issue_id)
    theirs = theirs.where(Delivery.subscription_id == subscription.id)
    # By what stands in no index of all deliveries, so that no database walks through them to save itself the sorting.
    newest = theirs.order_by(Issue.frozen_at.desc(), Delivery.id.desc()).limit(SHOWN)
    found = db.session.execute(newest.options(load_only(Issue.title, Issue.cancelled_at)))
    return [(delivery, issue) for delivery, issue in found]


@bp.post(f"{A_PERSON}/tags")
def tag_person(person_id: int) -> ResponseReturnValue:
    """Add the tags that were typed, with commas between them."""
    subscription = _locked_subscription(person_id)
    typed = request.form.get("tags", "")
    names = typed.split(",")
    problem = ""
    if not any(name.strip() for name in names) or not all(name.isprintable() for name in names):
        problem = "Type the name of a tag, such as conference-2026."
    elif any(len(name.strip()) > LONGEST_TAG for name in names):
        problem = f"The name of a tag has at most {LONGEST_TAG} characters."
    if problem:
        flash(problem, "bad")
        return _person_page(subscription.person, typed_tags=typed), 422
    subscription.tag(names)
    db.session.commit()
    flash("Tagged. What starts on that tag begins for those who get letters.", "good")
    return redirect(url_for(".show_person", person_id=person_id), 303)


@bp.post(f"{A_PERSON}/tags/removal")
def untag_person(person_id: int) -> ResponseReturnValue:
    _locked_subscription(person_id).untag(request.form.get("tag", ""))
    db.session.commit()
    return redirect(url_for(".show_person", person_id=person_id), 303)


def _locked_subscription(person_id: int) -> Subscription:
    person = Person.for_update(person_id) or abort(404)
    return Subscription.of(person) or abort(404)
