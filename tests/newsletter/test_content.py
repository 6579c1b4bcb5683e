from pathlib import Path

import pytest

from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.newsletter import content
from app.newsletter.models import Subscription
from app.newsletter.offer import Offer, Topic
from app.publishing import ContentVersion

STARTER = Path(__file__).parents[2] / "app" / "starter"
GOOD = "title: T\nslug: s\nlede: L\ndescription: D\nfrequency: F\ntopics:\n  - key: a\n    label: A\n"


def write(folder, meta):
    (folder / "newsletter").mkdir(exist_ok=True)
    (folder / "newsletter/offer.md").write_text(f"---\n{meta}---\n\nBody.\n")


def test_the_starter_content_is_taken_in_and_shown(client):
    content.import_from(STARTER)
    db.session.commit()
    page = client.get("/newsletter/").text
    assert "What you get" in page
    assert [topic.key for topic in Topic.offered()] == ["leadership", "mentorship", "coaching", "career", "well-being"]
    assert "Well-being" in page


def test_importing_again_changes_nothing(app):
    content.import_from(STARTER)
    db.session.commit()
    version = db.session.get_one(ContentVersion, 1).number
    content.import_from(STARTER)
    db.session.commit()
    db.session.expire_all()
    assert db.session.get_one(ContentVersion, 1).number == version


def test_an_export_loses_nothing(app, tmp_path):
    content.import_from(STARTER)
    content.export_to(tmp_path)
    read = [
        ContentFile.read(folder / "newsletter/offer.md", required=(), optional=(
            "title", "slug", "lede", "description", "sample", "frequency", "topics"))
        for folder in (STARTER, tmp_path)
    ]  # fmt: skip
    assert (read[0].meta, read[0].body) == (read[1].meta, read[1].body)


def test_a_topic_no_longer_offered_stays_with_those_who_chose_it(app, tmp_path):
    subscription = Subscription.at("ada@example.org")
    subscription.topics = Topic.with_keys(["career"])
    db.session.commit()
    write(tmp_path, GOOD)
    content.import_from(tmp_path)
    db.session.commit()
    db.session.expire_all()
    assert [topic.key for topic in Topic.offered()] == ["a"]
    assert [topic.key for topic in subscription.topics] == ["career"]


def test_there_stays_one_offer(app, tmp_path):
    write(tmp_path, GOOD)
    content.import_from(tmp_path)
    assert [offer.title for offer in db.session.scalars(db.select(Offer))] == ["T"]


@pytest.mark.parametrize(
    ("meta", "says"),
    [
        (GOOD.replace("title: T\n", ""), "lacks title"),
        (GOOD.replace("title: T", "title: 3"), "title is 3"),
        (GOOD.replace("label: A", "name: A"), "a key and a label"),
        (GOOD + "  - key: a\n    label: B\n", "topics names .a. twice"),
        (GOOD.replace("label: A", "label: " + "x" * 81), "label must be one line of at most 80"),
        (GOOD.replace("slug: s", "slug: Not A Slug"), "slug holds"),
        (GOOD + "color: red\n", "unknown keys: color"),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_explained(app, tmp_path, meta, says):
    write(tmp_path, meta)
    with pytest.raises(ContentError, match=rf"offer\.md.*{says}"):
        content.import_from(tmp_path)


def test_a_folder_without_the_file_changes_nothing(app, tmp_path):
    content.import_from(tmp_path)
    assert Offer.current().title == "The Letter"
