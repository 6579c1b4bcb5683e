"""Letters that came back, and complaints about them: noted on the delivery, counted for its issue, and what follows.

A hard bounce suppresses the address at once, three soft ones in a row do, and a complaint unsubscribes and suppresses.
Whatever is reported twice counts once, and what happened before the owner or the reader lifted a suppression says
nothing about the address any more.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from app.clock import now
from app.extensions import db
from app.newsletter.issues import progress
from app.newsletter.models import Subscription
from app.newsletter.preferences.leaving import leave_everything
from app.newsletter.returned.bounce_codes import Kind, classify
from app.newsletter.returned.suppressing import suppress
from app.newsletter.sending.deliveries import Delivery
from app.outbox import Email, return_address
from app.outbox.delivery import AFTER_REFUSAL
from app.outbox.smtp import Answer
from app.people.models import Person
from app.people.suppressions import COMPLAINT, HARD_BOUNCE, SOFT_BOUNCES

SOFT_IN_A_ROW = 3
LETTERS_LOOKED_AT = 12
MOST_TAGS = 20
# Mail servers try for four or five days before they give up (RFC 5321 §4.5.4.1): what has not come back then, arrived.
SETTLED_AFTER = timedelta(days=5)
NAMED_BY_ADDRESS_WITHIN = timedelta(days=7)

Letter = Delivery | Email


def letter_named_in(text: str) -> Letter | None:
    """The letter of an issue or the mail of the outbox whose envelope sender stands in `text`, such as a header.

    None when the site did not write it, or when what it names is gone.
    """
    for tag in return_address.tags_in(text)[:MOST_TAGS]:
        if letter := Delivery.from_bounce_key(tag) or return_address.mail_of_tag(tag):
            return letter
    return None


def address_of(letter: Letter) -> str | None:
    """Where it went; for an issue, where its reader is now. None when the reader is gone."""
    if isinstance(letter, Email):
        return letter.to_address
    subscription = db.session.get(Subscription, letter.subscription_id)
    return subscription.person.email if subscription else None


def envelope_sender(key: str) -> str:
    """The envelope's sender of the delivery with this key (sending.deliveries.bounce_keys)."""
    return return_address.tagged(key)


def refused(delivery: Delivery, answer: str, *, at_recipient: bool) -> None:
    """A mail server refused `delivery` for good, in these words; `at_recipient` if in answer to RCPT.

    The delivery itself is marked failed by who sent it, before and in a transaction of its own: here its person is
    locked, which comes before the locks on deliveries and issues.
    """
    subscription = _locked(delivery)
    kind = classify(answer, at_recipient)
    if subscription and kind:
        _note_kind(delivery, kind)
        _conclude(subscription, delivery, kind, answer)


def mail_refused(email: Email, answer: Answer) -> None:
    """A mail server refused a mail of the outbox for good, such as a letter of a sequence."""
    if classify(answer.words, answer.at_recipient) == "hard" and not email.is_fleeting:
        suppress(email.to_address, HARD_BOUNCE, answer.words)


AFTER_REFUSAL.append(mail_refused)


def bounced(letter: Letter, kind: Kind, words: str) -> None:
    """What a mail server had taken came back; `words` say why."""
    if isinstance(letter, Email):
        _mail_bounced(letter, kind, words)
    elif subscription := _locked(letter):
        if _note_moment(letter, "bounced_at"):
            progress.count(letter.issue_id, bounced=1)
        if kind:
            _note_kind(letter, kind)
            _conclude(subscription, letter, kind, words)


def _mail_bounced(email: Email, kind: Kind, words: str) -> None:
    """Of mail that is no issue no row is kept for each return: only a hard bounce has a consequence."""
    subscription = _subscription_at(email.to_address)
    if kind == "hard" and not (subscription and _is_settled(subscription, email.sent_at)):
        suppress(email.to_address, HARD_BOUNCE, words)


def address_bounced(address: str, kind: Kind, words: str, at: datetime | None = None) -> None:
    """Mail to a normalized address came back, `at` a moment if one is told, from nobody knows which letter.

    It is taken for the newest letter of the last days; without one, only a hard bounce has a consequence.
    """
    subscription = _subscription_at(address)
    if subscription and _is_settled(subscription, at):
        return
    if subscription and (delivery := _newest_delivery(subscription)):
        bounced(delivery, kind, words)
    elif kind == "hard":
        suppress(address, HARD_BOUNCE, words)


def complained(address: str, words: str, *, letter: Letter | None = None, at: datetime | None = None) -> None:
    """The reader at a normalized address told their provider that our mail is unwanted (RFC 5965).

    Where nobody knows which `letter` it was, it is taken for the newest of the last days.
    """
    subscription = _subscription_at(address)
    if subscription and letter is None:
        letter = _newest_delivery(subscription)
    # Who moved since complained of our letters, not of the address they had then.
    person = Person.with_email(address) or (_reader(letter) if letter else None)
    is_new = isinstance(letter, Delivery) and _note_moment(letter, "complained_at")
    if not (subscription and _is_settled(subscription, at or (letter.sent_at if letter else None))):
        if person:
            leave_everything(person, page="a complaint to the mailbox provider")
        suppress(address, COMPLAINT, words)
    if isinstance(letter, Delivery) and is_new:  # Last: who leaves locks the day's growth before the issue, too.
        progress.count(letter.issue_id, complained=1)


def _reader(letter: Letter) -> Person | None:
    """To whom it went, locked until commit."""
    if isinstance(letter, Email):
        return Person.for_update(letter.person_id) if letter.person_id else None
    subscription = _locked(letter)
    return subscription.person if subscription else None


def _locked(delivery: Delivery) -> Subscription | None:
    """The subscription of `delivery`, its person locked until commit."""
    person_id = db.session.scalar(select(Subscription.person_id).where(Subscription.id == delivery.subscription_id))
    if person_id is None or Person.for_update(person_id) is None:
        return None
    return db.session.get(Subscription, delivery.subscription_id, populate_existing=True)


def _note_moment(delivery: Delivery, moment: str) -> bool:
    """Set the moment on a delivery that does not have it; whether it had not."""
    column = getattr(Delivery, moment)
    noted = update(Delivery).where(Delivery.id == delivery.id, column.is_(None)).values({moment: now()})
    noted = noted.returning(Delivery.id).execution_options(synchronize_session="fetch")
    return db.session.scalar(noted) is not None


def _note_kind(delivery: Delivery, kind: Kind) -> None:
    """Keep the worst that was said of it."""
    milder = or_(Delivery.bounce_kind.is_(None), Delivery.bounce_kind == "soft")
    noted = update(Delivery).where(Delivery.id == delivery.id, milder).values(bounce_kind=kind)
    db.session.execute(noted.execution_options(synchronize_session="fetch"))


def _conclude(subscription: Subscription, delivery: Delivery, kind: Kind, words: str) -> None:
    if _is_settled(subscription, delivery.sent_at or delivery.failed_at):
        return
    if kind == "hard":
        suppress(subscription.person.email, HARD_BOUNCE, words)
    elif _bounced_softly_in_a_row(subscription) >= SOFT_IN_A_ROW:
        suppress(subscription.person.email, SOFT_BOUNCES, words)


def _is_settled(subscription: Subscription, at: datetime | None) -> bool:
    """Whether what happened `at` that moment is past: the address was let back in since."""
    return bool(at and subscription.lifted_at and at <= subscription.lifted_at)


def _bounced_softly_in_a_row(subscription: Subscription) -> int:
    """How many of the newest letters came back or were refused for the address's sake, with none that arrived between.

    Read from the ledger, so that it does not matter in which order bounces come in, or how often. A letter of the last
    days that has not come back may yet, and one that was blocked says nothing of the mailbox: both are passed over.
    """
    in_a_row = 0
    for letter in _decided_lately(subscription):
        moment = letter.sent_at or letter.failed_at
        if _is_settled(subscription, moment):
            break
        if letter.bounced_at or letter.failed_at:
            in_a_row += letter.bounce_kind is not None
        elif moment and moment <= now() - SETTLED_AFTER:
            break
    return in_a_row


def _decided_lately(subscription: Subscription) -> list[Delivery]:
    newest = (
        select(Delivery)
        .where(
            Delivery.subscription_id == subscription.id,
            or_(Delivery.sent_at.is_not(None), Delivery.failed_at.is_not(None)),
        )
        .order_by(func.coalesce(Delivery.sent_at, Delivery.failed_at).desc(), Delivery.id.desc())
        .limit(LETTERS_LOOKED_AT)
    )
    return list(db.session.scalars(newest.execution_options(populate_existing=True)))


def _subscription_at(address: str) -> Subscription | None:
    """The subscription of a normalized address, its person locked until commit."""
    if (person := Person.with_email(address)) is None:
        return None
    Person.for_update(person.id)
    of_person = select(Subscription).where(Subscription.person_id == person.id)
    return db.session.scalar(of_person.execution_options(populate_existing=True))


def _newest_delivery(subscription: Subscription) -> Delivery | None:
    """The letter last sent to it, if that was in the last days."""
    sent = select(Delivery).where(
        Delivery.subscription_id == subscription.id, Delivery.sent_at > now() - NAMED_BY_ADDRESS_WITHIN
    )
    return db.session.scalar(sent.order_by(Delivery.sent_at.desc(), Delivery.id.desc()).limit(1))
