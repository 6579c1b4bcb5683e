"""Writing to somebody at another address: who is asked, in which order, and what follows.

Whoever asks learns nothing from the page: only the one who reads the new mailbox is told whether we know it.
"""

from datetime import datetime, timedelta

from app.clock import now
from app.extensions import db
from app.newsletter import emails
from app.newsletter.allowance import Allowance
from app.newsletter.models import Subscription
from app.people import records
from app.people.address_changes import AddressChange, AddressTaken
from app.people.models import Person
from app.people.suppressions import MOVED, Suppression

ASKS_A_DAY = 5


def ask(person: Person, new_address: str) -> datetime | None:
    """`person`, locked, wants to be written to at a normalized address.

    Returns from when on they may ask again, if the mailbox they have was not asked: that is for them alone to know. Of
    the new address it says nothing.
    """
    known = AddressChange.all_of(person)
    if AddressChange.asked_lately(person) >= ASKS_A_DAY:
        AddressChange.end_all(person)
        return known[-ASKS_A_DAY].requested_at + timedelta(days=1)
    change = AddressChange.ask(person, new_address, needs_leave=records.has_private(person))
    if not change.needs_leave:
        _write_to_new(change)
    elif Allowance.take(person.email):
        change.end_others()
        emails.allow_address(change)
    elif change not in known:  # Else it was asked for a moment ago: a second click.
        db.session.delete(change)
        AddressChange.end_all(person)
        return Allowance.next_at(person.email)
    return None


def allow(change: AddressChange) -> None:
    """The mailbox the person has now agrees; the new one is asked next."""
    change.allow()
    _write_to_new(change)


def _write_to_new(change: AddressChange) -> None:
    # Who complained about our mail gets none, and no other answer.
    if not Allowance.take(change.new_address) or _is_barred(change.new_address, change.old_address):
        return
    change.end_others()
    if somebody := Person.with_email(change.new_address):
        emails.address_taken(somebody)
    else:
        emails.confirm_address(change)


def make(change: AddressChange) -> None:
    """The link at the new address was pressed: it is theirs, and mail arrives there. Raises AddressTaken."""
    if _is_barred(change.new_address, change.old_address):
        raise AddressTaken(change.new_address)
    if not change.allowed_at and records.has_private(change.person):
        raise AddressTaken(change.new_address)
    change.make()
    _keep_imports_out(change.old_address)
    _settle(change.person)
    change.person.was_here()
    emails.address_changed(change)


def undo(change: AddressChange) -> None:
    """The mailbox they had before wants them back. Raises AddressTaken."""
    left = change.person.email
    change.undo()
    _keep_imports_out(left)
    _settle(change.person)
    emails.address_restored(change)


def _keep_imports_out(address: str) -> None:
    """No file brings somebody back where they moved away; whoever reads that mailbox now can sign up themselves."""
    if (entry := Suppression.add(address, MOVED)).reason == MOVED:
        entry.forget_address()


def _settle(person: Person) -> None:
    """What came back from another mailbox says nothing of this one, at which a mailed button was pressed."""
    if subscription := Subscription.of(person):
        subscription.leave_the_list_of_suppressions()
        subscription.lifted_at = now()
    elif (entry := Suppression.of(person.email)) and not entry.only_owner_lifts:
        Suppression.remove(person.email)


def _is_barred(*addresses: str) -> bool:
    """Whether one of these is suppressed for a reason that only the owner lifts; moving on is no way around that."""
    return any((entry := Suppression.of(address)) and entry.only_owner_lifts for address in addresses)
