"""A file, as the owner sends it, checks it and has it taken in."""

from io import BytesIO

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.extensions import db
from app.newsletter.models import Subscription
from app.people.models import Person
from tests.studio.conftest import token_in

IMPORT = "/studio/subscriptions/import"
PEOPLE = b"email,name,status\nada@example.org,Ada,active\nlee@example.org,Lee,unsubscribed\nnope,,active\n"
COLUMNS = {"column_email": "0", "column_name": "1", "column_status": "2"}


def send(owner, data=PEOPLE, name="people.csv"):
    token = token_in(owner.get(IMPORT))
    # As bytes, because Werkzeug's test client leaves the temporary file of a large form open.
    fields = {"csrf_token": token, "file": FileStorage(BytesIO(data), name)}
    boundary, body = encode_multipart(fields)
    return owner.post(IMPORT, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def check(owner, path, **fields):
    plan = {"csrf_token": token_in(owner.get(IMPORT)), "system": "other", "basis": "asked"} | COLUMNS | fields
    return owner.post(f"{path}/check", data=plan)


def press(owner, path, button):
    return owner.post(f"{path}/{button}", data={"csrf_token": token_in(owner.get(IMPORT))})


def everybody():
    db.session.rollback()
    db.session.expire_all()  # A request outside of tests begins without anything read before.
    rows = db.session.execute(db.select(Person.email, Subscription).join(Subscription.person))
    return {email: row.state for email, row in rows}


def count(model):
    db.session.rollback()
    return db.session.scalar(db.select(db.func.count()).select_from(model))
