"""Taking an address out of every letter's way, and letting it back. What was ordered or asked for still arrives."""

from sqlalchemy import select, update

from app import followups
from app.clock import now
from app.extensions import db
from app.newsletter.models import Subscription
from app.newsletter.sign_ups import SignUp
from app.outbox import Email
from app.people.models import Person
from app.people.suppressions import LIFTED_BY_CONFIRMING, Suppression


def suppress(address: str, reason: str, detail: str = "") -> None:
    """Put a normalized address on the list, and stop what waits for its person. Done again, it changes nothing.

    `reason` is one of app.people.suppressions; `detail` is kept with it, such as what a mail server said. It locks the
    person, so let no lock on what hangs on a person come before it in the same transaction.
    """
    person = Person.at_for_update(address)
    Suppression.add(address, reason, detail)
    if person:
        stop_letters(person, reason)


def stop_letters(person: Person, reason: str) -> None:
    """Stop what waits for `person`, locked, whose address came onto the list for `reason`."""
    of_person = Subscription.person_id == person.id
    db.session.execute(
        update(Subscription)
        .where(of_person, Subscription.suppressed_at.is_(None))
        .values(suppressed_at=now())
        .execution_options(synchronize_session="fetch")
    )
    if reason not in LIFTED_BY_CONFIRMING and (
        subscription := db.session.scalar(select(Subscription).where(of_person))
    ):
        SignUp.void_all(subscription)  # A link that was mailed before would promise letters that do not come.
    followups.stop_all(person, f"suppressed: {reason}")
    # Whoever was writing a letter held the person, and has written it now.
    Email.withdraw_letters(person)


def lift(address: str) -> bool:
    """Take a normalized address off the list; whether it was on it.

    Nobody is subscribed by it: who left, or complained and so left, stays away until they sign up again.
    """
    person = Person.at_for_update(address)
    if not Suppression.remove(address):
        return False
    if person and (subscription := Subscription.of(person)):
        subscription.suppressed_at, subscription.lifted_at = None, now()
    return True
