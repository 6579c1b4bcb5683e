import shutil

import pytest

from app.coaching import content
from app.coaching.offer import CoachingOffer
from app.content_files import ContentError, ContentFile
from app.extensions import db
from app.hub.models import Question
from app.publishing import ContentVersion
from tests.coaching.conftest import STARTER


@pytest.fixture
def folder(tmp_path):
    """A copy of the starter's offer, to be spoiled."""
    (tmp_path / "coaching").mkdir()
    shutil.copy(STARTER / "coaching" / "offer.md", tmp_path / "coaching")
    return tmp_path


def read(folder):
    return ContentFile.read(folder / "coaching" / "offer.md", required=content.KEYS)


def version():
    db.session.rollback()
    return db.session.scalar(db.select(ContentVersion.number))


def test_an_export_says_what_was_imported(offer, tmp_path):
    content.export_to(tmp_path)
    exported, original = read(tmp_path), read(STARTER)
    assert (exported.meta, exported.body) == (original.meta, original.body)
    assert list(exported.meta) == list(original.meta)


def test_importing_an_export_gives_the_same_row(offer, tmp_path):
    content.export_to(tmp_path)
    before = {column.key: getattr(offer, column.key) for column in CoachingOffer.__table__.columns}
    content.import_from(tmp_path)
    db.session.commit()
    db.session.expire_all()
    (offer,) = db.session.query(CoachingOffer).all()
    assert {column.key: getattr(offer, column.key) for column in CoachingOffer.__table__.columns} == before


def test_importing_again_changes_nothing(app):
    content.import_from(STARTER)
    db.session.commit()
    before = version()
    content.import_from(STARTER)
    db.session.commit()
    assert version() == before


def test_changed_content_makes_stored_pages_stale(offer, folder, client):
    before = version()
    path = folder / "coaching" / "offer.md"
    path.write_text(path.read_text().replace('"Coaching Consultation"', '"A quiet hour"'))
    content.import_from(folder)
    db.session.commit()
    assert version() > before
    assert "A quiet hour" in client.get("/coaching/").text


@pytest.mark.parametrize(
    ("line", "spoiled", "key"),
    [
        ("slug: coaching\n", "slug: else\n", "slug"),
        ("sample: true", "sample: perhaps", "sample"),
        ("  - key: negotiation", "  - key: leading-a-team", "topics names 'leading-a-team' twice"),
        ("  - key: negotiation", "  - key: " + "x" * 41, "topics holds"),
        ("  - key: negotiation", "  - key: leading-a-team", "topics"),
        ("  - key: other", "  - key: Not A Key", "career_stages"),
        ("  - coaching-is-it-confidential", "  - 17", "questions"),
        ("sample: true", "", "sample"),
        ("sample: true", "sample: true\nsurprise: 1", "surprise"),
    ],
)
def test_a_spoiled_file_is_named_and_nothing_is_taken_in(offer, folder, line, spoiled, key):
    path = folder / "coaching" / "offer.md"
    assert line in path.read_text()
    path.write_text(path.read_text().replace(line, spoiled, 1))
    with pytest.raises(ContentError, match=key) as problem:
        content.import_from(folder)
    assert "offer.md" in str(problem.value)


def test_a_folder_without_an_offer_changes_nothing(offer, tmp_path):
    content.import_from(tmp_path)
    assert CoachingOffer.current() is offer


def test_the_offer_shows_the_hubs_questions_in_its_own_order(offer, client):
    for slug in reversed(offer.question_slugs[:3]):
        db.session.add(Question(slug=slug, title=f"About {slug}?", body="An **answer**."))
    db.session.commit()
    assert [question.slug for question in offer.questions] == offer.question_slugs[:3]
    page = client.get("/coaching/").text
    assert page.index(f"About {offer.question_slugs[0]}?") < page.index(f"About {offer.question_slugs[2]}?")
    assert "An <strong>answer</strong>." in page
    assert '"@type": "FAQPage"' in page
