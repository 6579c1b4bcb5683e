import re
import threading
from urllib.parse import urlsplit

import pytest

from app.extensions import db
from app.followups import Sequence, SequenceStep
from app.newsletter.models import Subscription
from app.newsletter.offer import Offer, Topic
from app.people.models import Consent, Person

ADA = "ada@example.org"


@pytest.fixture(autouse=True)
def letter(app):
    """What the newsletter's page says, its topics, and a welcome of one letter."""
    words = {"slug": "newsletter", "title": "The Letter", "lede": "One idea.", "description": "A letter."}
    db.session.add(Offer(**words, frequency="Twice a month", body="Words about **the letter**."))
    for position, label in enumerate(("Leadership", "Mentorship", "Career")):
        db.session.add(Topic(key=label.lower(), label=label, position=position))
    welcome = Sequence(name="newsletter-welcome", title="Welcome", purpose="newsletter", starts_on="sign-up")
    welcome.steps = [SequenceStep(position=1, slug="welcome", subject="Welcome", delay_hours=0, body="Hello.")]
    db.session.add(welcome)
    db.session.commit()


class Reader:
    """Somebody with a browser and an inbox."""

    def __init__(self, client, mail, address):
        self.client, self.mail, self.address = client, mail, address

    def sign_up(self, **fields):
        return self.client.post("/newsletter/", data={"email": self.address, **fields})

    @property
    def confirmations(self):
        return self.mail.to(self.address, "newsletter/confirm_subscription")

    def confirmation_path(self, number=-1):
        return path_in(self.confirmations[number], "confirm")

    def confirm(self):
        return self.client.post(self.confirmation_path())

    def subscribe(self, **fields):
        """All the way in; gives the subscription."""
        self.sign_up(**fields)
        assert self.confirm().status_code == 303
        return self.subscription

    @property
    def person(self):
        return fresh(lambda: Person.with_email(self.address))

    @property
    def subscription(self):
        person = self.person
        return fresh(lambda: Subscription.of(person))

    @property
    def topics(self):
        subscription = self.subscription
        return fresh(lambda: [topic.key for topic in subscription.topics])

    @property
    def ledger(self):
        """The newsletter's lines of the consent ledger."""
        lines = db.select(Consent).filter_by(person_id=self.person.id, purpose="newsletter").order_by(Consent.id)
        return fresh(lambda: list(db.session.scalars(lines)))


def fresh(find):
    """What `find` reads from the database now. No transaction stays open, which on SQLite would keep others waiting."""
    db.session.rollback()
    db.session.expire_all()
    found = find()
    db.session.commit()
    return found


def path_in(email, kind):
    """The path of the first link of its kind in a mail, which both its parts must hold."""
    url = re.search(rf"http://localhost:8000/newsletter/{kind}/[\w.-]+", email.body)[0]
    assert f'href="{url}"' in email.html
    return urlsplit(url).path


def at_once(app, number, act):
    """Run `act(client, index)` in `number` threads at the same moment; gives what each returned."""
    ready, answers = threading.Barrier(number), []
    db.session.rollback()

    def run(index):
        client = app.test_client()
        ready.wait()
        answers.append(act(client, index))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def rows_of_everybody():
    """Everything that a form could have written, for saying that it wrote nothing."""
    tables = [table for table in db.metadata.sorted_tables if table.name not in ("worker", "content_version")]
    return fresh(lambda: {table.name: [tuple(row) for row in db.session.execute(table.select())] for table in tables})


@pytest.fixture
def ada(client, mail):
    return Reader(client, mail, ADA)
