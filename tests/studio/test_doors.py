"""Who may enter the studio: its owner."""

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.enrollment.cohorts import Cohort
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Person
from tests.followups.conftest import sequence_of
from tests.studio import factories
from tests.studio.conftest import token_in

IMPORT = "/studio/subscriptions/import"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def studio_addresses(app, rows):
    """Every address of the studio with every method it knows; `rows` gives a number for each kind of row."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/studio")]
    assert len(rules) >= 10
    for rule in rules:
        values = {name: rows[name] for name in rule.arguments}
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in METHODS:
            if method in rule.methods:
                yield method, path


@pytest.fixture
def rows(app):
    factories.offer()
    numbers = {
        "person_id": factories.subscription("ada@example.org").person.id,
        "consultation_id": factories.consultation("ada@example.org").id,
        "coach_id": factories.coach().id,
        "kind_id": factories.kind().id,
        "entry_id": factories.waiting_entry("ada@example.org", "Private words").id,
        "place_id": factories.place_in_line("ada@example.org", "Private words").id,
        "issue_id": factories.issue("Private words").id,
        "upload_id": factories.upload().id,
        "sequence_id": sequence_of("private", {"slug": "private", "subject": "Private words"}).id,
        "step_slug": "private",
        "suppression_id": factories.suppression("ada@example.org", detail="Private words").id,
        "paper_number": factories.paper("grace@example.org").number,
        "order_id": factories.order("ada@example.org", "Private words").id,
        "position": 1,
        "email_id": factories.email("ada@example.org", "Private words").id,
    }
    numbers["question_id"] = factories.question("ada@example.org", "Private words").id
    numbers["announcement_id"] = factories.announcement("Private words").id
    numbers["session_id"] = factories.live_session().id
    numbers["refund_id"] = factories.refund(db.session.get_one(Order, numbers["order_id"])).id
    numbers["cohort_id"] = db.session.scalar(db.select(Cohort.id))
    db.session.commit()
    return numbers


def test_strangers_are_asked_to_sign_in_everywhere(app, client, rows):
    for method, path in studio_addresses(app, rows):
        answer = client.open(path, method=method)
        if method in ("GET", "HEAD"):
            assert answer.status_code == 303, (method, path)
            assert answer.location == f"/sign-in?next={path}"
        else:
            assert answer.status_code in (303, 400), (method, path)
        assert "Private words" not in answer.text


def test_a_learner_finds_no_studio(app, learner, rows):
    for method, path in studio_addresses(app, rows):
        answer = learner.open(path, method=method)
        # The site looks for the token of a form before it looks who is there, but where a file comes with it.
        assert answer.status_code in ((400, 404) if method == "POST" else (404,)), (method, path)
        assert "Private words" not in answer.text


class SlowSender(io.RawIOBase):
    """A form that takes its time; `watch` is called in the middle of it."""

    def __init__(self, body, watch):
        self._body, self._watch, self.reads = io.BytesIO(body), watch, 0

    def readable(self):
        return True

    def readinto(self, buffer):
        self.reads += 1
        if self.reads == 5:
            self._watch()
        return self._body.readinto(memoryview(buffer)[:8192])


def send_slowly(client, token, watch):
    """A large file for the import; the answer, and how often something was read of it."""
    fields = {"csrf_token": token, "file": FileStorage(io.BytesIO(b"email\n" + b"a@example.org\n" * 20_000), "a.csv")}
    boundary, body = encode_multipart(fields)
    sender = SlowSender(body, watch)
    stream = {"wsgi.input": io.BufferedReader(sender, 8192), "CONTENT_LENGTH": str(len(body))}
    kind = f"multipart/form-data; boundary={boundary}"
    db.session.rollback()
    return client.post(IMPORT, data=b"-", environ_overrides=stream, content_type=kind).status_code, sender.reads


def test_nothing_of_what_others_send_is_read(learner, client):
    assert send_slowly(learner, "nope", None) == (404, 0)
    assert send_slowly(client, "nope", None)[1] == 0


def test_an_owner_who_sends_slowly_keeps_nobody_from_writing(app, owner):
    written = []

    def write_elsewhere():
        with db.engine.begin() as connection:
            written.append(connection.execute(db.update(Person).values(name="Written meanwhile")).rowcount)

    status, reads = send_slowly(owner, token_in(owner.get(IMPORT)), write_elsewhere)
    assert (status, bool(written)) == (303, True)
    assert reads > 5


def test_every_studio_page_opens_for_the_owner(app, owner, rows):
    for method, path in studio_addresses(app, rows):
        if method in ("GET", "HEAD"):
            answer = owner.open(path, method=method)
            assert answer.status_code == 200, path
            assert answer.headers["Cache-Control"] == "no-store"


def test_every_view_of_the_studio_stands_behind_its_door(app):
    """A view that hung on the app instead of the blueprint would be let in by nobody's guard."""
    for rule in app.url_map.iter_rules():
        assert rule.rule.startswith("/studio") == rule.endpoint.startswith("studio."), rule


def test_an_owner_who_is_no_more_finds_no_studio(owner):
    assert owner.get("/studio/").status_code == 200
    person = Person.with_email("owner@doctor.example.org")
    person.roles.clear()
    db.session.commit()
    assert owner.get("/studio/").status_code == 404


def test_a_refused_person_is_logged(learner, caplog):
    learner.get("/studio/outbox")
    assert "was refused GET /studio/outbox" in caplog.text
