"""The owner at the pages of one issue."""

import re

from app.extensions import db
from tests.studio.conftest import token_in


class IssueDesk:
    def __init__(self, client, issue):
        self.client, self.path = client, f"/studio/issues/{issue.id}"
        self.token = token_in(client.get("/studio/issues/new"))

    def get(self, path=""):
        db.session.rollback()
        db.session.expire_all()  # A request outside of tests begins without anything read before.
        return self.client.get(self.path + path)

    def post(self, path, headers=None, **typed):
        db.session.expire_all()
        db.session.rollback()  # On SQLite, what the test still has open would keep the site waiting.
        return self.client.post(self.path + path, data={"csrf_token": self.token, **typed}, headers=headers)


def seen_in(page):
    """The mark in a page's form, of what it shows."""
    return re.search(r'name="seen"[^>]*value="([\w ]+)"', page.text)[1]


def kept(issue):
    """`issue` as it is in the database now."""
    db.session.rollback()
    db.session.refresh(issue)
    return issue
