from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, selectinload

from app.newsletter.models import Subscription
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing, by_first_moment

SUBSCRIPTIONS = Listing(
    rows=select(Subscription)
    .join(Subscription.person)
    .options(contains_eager(Subscription.person), selectinload(Subscription.topics), selectinload(Subscription.tags)),
    number=Subscription.id,
    searched=(Person.email, Person.name),
    address=Person.email,
    states=by_first_moment(
        {
            "left": Subscription.unsubscribed_at,
            "suppressed": Subscription.suppressed_at,
            "active": Subscription.confirmed_at,
        },
        "waiting",
    ),
)


@bp.get("/subscriptions")
def list_subscriptions() -> ResponseReturnValue:
    return render_template("studio/subscriptions.html", page=SUBSCRIPTIONS.page(Asked.by(request.args)))
