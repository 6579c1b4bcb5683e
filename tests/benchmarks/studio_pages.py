"""The studio's list of subscribers: a page of a million beside one of a thousand."""

import time
from contextlib import ExitStack
from statistics import median

from flask import Flask
from flask.testing import FlaskClient

from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.benchmarks.databases import kinds, site_on, subscribe

FEW, MANY = 1_000, 1_000_000
TIMES = 25
PAGES = {
    "newest": "",
    "from the middle": "?before={middle}",
    "active": "?state=active",
    "waiting": "?state=waiting",
    "suppressed": "?state=suppressed",
    "left": "?state=left",
    "an address": "?q=reader{middle}@example.org",
}


def compare() -> None:
    print(f"\nThe studio's subscribers: ms of a page (median), of {FEW:,} and of {MANY:,}")
    for kind in kinds():
        with ExitStack() as sites:
            owners = {count: _owner(sites.enter_context(site_on(kind)), count) for count in (FEW, MANY)}
            for name, query in PAGES.items():
                few, many = _ms(owners, query)
                print(f"  {kind:11} {name:16} {few:6.1f} {many:6.1f}   {many / few:5.2f}", flush=True)


def _ms(owners: dict[int, FlaskClient], query: str) -> list[float]:
    """How long a page takes on each site, asked in turn, so that a busy moment of the machine touches both."""
    took: dict[int, list[float]] = {count: [] for count in owners}
    for _ in range(TIMES):
        for count, owner in owners.items():
            begun = time.perf_counter()
            assert owner.get(f"/studio/subscriptions{query.format(middle=count // 2)}").status_code == 200
            took[count].append((time.perf_counter() - begun) * 1000)
    return [median(each) for each in took.values()]


def _owner(app: Flask, subscribers: int) -> FlaskClient:
    """The owner of a site with so many subscribers, signed in."""
    subscribe(subscribers)
    person = Person.at("owner@bench.example.org")
    person.make_owner()
    code, _ = SignInCode.issue(person)
    db.session.commit()
    client = app.test_client()
    client.post(f"/sign-in/{code.link_token}")
    return client


if __name__ == "__main__":
    compare()
