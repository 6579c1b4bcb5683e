"""A scanner that fetches every link of every mail, as hospital gateways do, changes nothing."""

import re
from urllib.parse import urlsplit

from app.clock import now
from app.extensions import db
from app.followups.leaving import data_url, preferences_url
from app.newsletter.issues.models import Issue
from app.newsletter.preferences.my_data import proof_of
from app.newsletter.tasks import send_issues
from app.people.models import Person
from tests.newsletter.conftest import ADA, Reader, fresh, path_in, rows_of_everybody
from tests.studio import factories

LINK = re.compile(r"http://localhost:8000(/[^\s\"'<>)]*)")
# Numbers that nothing hangs on.
COUNTS = {"click", "issue_link"}


def links_in(message):
    """Every path of the site in a message: its headers, its text and its HTML."""
    texts = [str(value) for value in message.values()]
    texts += [message.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return {found.replace("&amp;", "&") for text in texts for found in LINK.findall(text)}


def kind_of(path):
    return re.sub(r"[\w-]+(\.[\w-]+){1,2}", "…", urlsplit(path).path)


def rows():
    return {table: kept for table, kept in rows_of_everybody().items() if table not in COUNTS}


def test_every_link_of_every_mail_is_only_looked_at(client, ada, mail, mail_server, work, clock):
    page = preferences_url(ada.subscribe(first_name="Ada").person).removeprefix("http://localhost:8000")
    pause = {"minutes": 11}
    clock.advance(**pause)
    ada.sign_up()  # "You are subscribed already."
    clock.advance(**pause)
    client.post("/newsletter/new-link", data={"email": ADA})
    client.post("/newsletter/new-link", data={"email": "nobody@example.org"})
    clock.advance(**pause)
    client.post(data_url(fresh(lambda: Person.with_email(ADA))).removeprefix("http://localhost:8000"))
    Reader(client, mail, "grace@example.org").subscribe()
    Reader(client, mail, "waiting@example.org").sign_up()
    clock.advance(**pause)
    client.post(f"{page}/address", data={"email": "grace@example.org"})  # Taken.
    client.post(f"{page}/address", data={"email": "ada@new.example.org"})
    client.post(path_in(mail.to("ada@new.example.org")[-1], "address/confirm"))
    client.post(f"{page}/address", data={"email": "ada@newer.example.org"})
    factories.consultation("grace@example.org")
    db.session.commit()
    clock.advance(**pause)
    hers = preferences_url(fresh(lambda: Person.with_email("grace@example.org"))).removeprefix("http://localhost:8000")
    client.post(f"{hers}/address", data={"email": "g@new.example.org"})  # Her present address is asked first.
    Reader(client, mail, "gone@example.org").subscribe()
    client.post(f"/newsletter/my-data/{proof_of(fresh(lambda: Person.with_email('gone@example.org')))}/erasure")
    work()
    clock.advance(days=2)  # Nobody gets two letters a day.
    issue = Issue(
        slug="one", title="One", subject="One", body="[Read]({articles_url}) and [choose]({preferences_url})."
    )
    db.session.add(issue)
    issue.schedule(now())
    db.session.commit()
    send_issues.call_local()
    work()

    paths = {path for message in mail_server.received for path in links_in(message)}
    assert {kind_of(path) for path in paths} >= {
        "/newsletter/confirm/…",
        "/newsletter/preferences/…",
        "/newsletter/unsubscribe/…",
        "/newsletter/my-data/…",
        "/newsletter/address/allow/…",
        "/newsletter/address/confirm/…",
        "/newsletter/address/undo/…",
        "/newsletter/clicks/…",
    }
    before = rows()
    answers = {(path, method): client.open(path, method=method).status_code for path in paths for method in METHODS}
    assert rows() == before
    assert {status for status in answers.values() if status >= 500} == set()


METHODS = ("GET", "HEAD", "OPTIONS")
