"""Tags on a subscriber's page, and what they start."""

import pytest

from app.extensions import db
from app.followups import SequenceRun
from app.newsletter.models import Subscription
from tests.followups.conftest import sequence_of
from tests.studio import factories
from tests.studio.conftest import token_in


@pytest.fixture
def ada(app):
    subscription = factories.subscription("ada@example.org", "Ada")
    db.session.commit()
    return subscription.person


@pytest.fixture
def post(owner, ada):
    token = token_in(owner.get(f"/studio/people/{ada.id}"))
    return lambda path, **fields: owner.post(
        f"/studio/people/{ada.id}/{path}", data={"csrf_token": token, **fields}, follow_redirects=True
    )


def tags(person):
    db.session.rollback()
    db.session.expire_all()
    return [tag.name for tag in Subscription.of(person).tags]


def started():
    return db.session.scalars(db.select(SequenceRun.occasion)).all()


def test_a_tag_that_is_added_starts_what_starts_on_it_once(owner, ada, post):
    sequence_of("vip", {"slug": "one"})
    page = post("tags", tags=" VIP , Speaker  2026,,").text
    assert tags(ada) == ["speaker 2026", "vip"]
    assert "<bdi>speaker 2026</bdi>" in page
    assert started() == ["tag:vip"]
    post("tags/removal", tag="vip")
    assert tags(ada) == ["speaker 2026"]
    post("tags", tags="vip")
    assert started() == ["tag:vip"]


@pytest.mark.parametrize("typed", ["", " , ", "x" * 61, "a\u202eb"])
def test_what_is_no_tag_is_explained(ada, post, typed):
    page = post("tags", tags=typed)
    assert " tag" in page.text.split("messages")[1].split("</div>")[0]
    assert f'name="tags" value="{typed}"' in page.text
    assert tags(ada) == []


def test_who_never_asked_for_the_newsletter_has_no_tags(owner, post):
    stranger = factories.person("grace@example.org")
    db.session.commit()
    assert "Add a tag" not in owner.get(f"/studio/people/{stranger.id}").text
    token = token_in(owner.get(f"/studio/people/{stranger.id}"))
    answer = owner.post(f"/studio/people/{stranger.id}/tags", data={"csrf_token": token, "tags": "vip"})
    assert answer.status_code == 404


def test_tagging_asks_for_the_token(owner, ada):
    for path in ("tags", "tags/removal"):
        assert owner.post(f"/studio/people/{ada.id}/{path}", data={"tags": "vip", "tag": "vip"}).status_code == 400
