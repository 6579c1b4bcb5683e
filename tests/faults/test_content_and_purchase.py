"""Content is taken in while somebody buys: both want the cohort's row and the content version."""

import threading

from app.commands import STARTER, take_in
from app.enrollment.cohorts import Cohort
from app.extensions import db
from app.hub.models import Article
from app.publishing import ContentVersion


def test_taking_content_in_during_a_purchase_fails_neither(app):
    take_in(STARTER)
    cohort_id, article_id = db.session.query(Cohort.id).first().id, db.session.query(Article.id).first().id
    before = db.session.get_one(ContentVersion, 1).number
    db.session.commit()
    cohort_is_locked, article_is_changed = threading.Event(), threading.Event()
    failures = []

    def buy():
        cohort = Cohort.for_update(cohort_id)
        cohort_is_locked.set()
        article_is_changed.wait(1)  # On SQLite the other can only begin once this has ended.
        cohort.seats_taken += 1
        db.session.commit()

    def take_content_in():
        cohort_is_locked.wait()
        db.session.get_one(Article, article_id).summary = "Changed meanwhile."
        db.session.flush()
        article_is_changed.set()
        Cohort.for_update(cohort_id).sessions = "Wednesdays"
        db.session.commit()

    def run(work):
        with app.app_context():
            try:
                work()
            except Exception as failure:
                failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in (buy, take_content_in)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    cohort = db.session.get_one(Cohort, cohort_id, populate_existing=True)
    assert (cohort.seats_taken, cohort.sessions) == (1, "Wednesdays")
    assert db.session.get_one(ContentVersion, 1, populate_existing=True).number == before + 2
