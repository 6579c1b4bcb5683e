"""Taking files in, for the tests of it."""

from datetime import timedelta
from pathlib import Path

from app.clock import now
from app.extensions import db
from app.newsletter.in_and_out.import_csv import Source
from app.newsletter.in_and_out.import_rows import OUTCOMES, Import
from app.newsletter.models import Subscription
from app.people.models import Person
from tests.newsletter.conftest import ADA, fresh

EXPORTS = Path(__file__).parent / "exports"


def csv_of(*lines):
    return "\n".join(lines).encode() + b"\n"


SUBSCRIBED = csv_of("email,name,tags", f"{ADA},Ada Imported,residents", "grace@example.org,Grace,")


def in_days(days):
    return f"{now() + timedelta(days=days):%Y-%m-%d}"


def taken_in(file, *, basis="asked", write=True, **options):
    """Import the bytes of `file`, or a sample export of that name; the counts by outcome, and the rejected rows."""
    data = file if isinstance(file, bytes) else (EXPORTS / file).read_bytes()
    source = Source(lambda: [data], **{"file_name": file if isinstance(file, str) else "people.csv"} | options)
    db.session.rollback()
    importing, rejected = Import(source, basis), []
    for batch in importing.batches(write=write):
        db.session.commit() if write else db.session.rollback()
        rejected += batch
    counts = importing.report.counts
    return {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}, rejected


def states():
    """The state of every subscription, by address."""
    rows = db.select(Person.email, Subscription).join(Subscription.person)
    return fresh(lambda: {email: row.state for email, row in db.session.execute(rows)})


def subscription(email):
    return fresh(lambda: Subscription.of(Person.with_email(email)))
