"""Kinds of consultation and coaches as files."""

import shutil
from datetime import date

import pytest
from sqlalchemy import select

from app.coaching.availability import content
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach, DateOverride, WeeklyHours
from app.content_files import ContentError
from app.extensions import db
from tests.coaching.conftest import STARTER

KIND, COACH = "kinds/consultation.md", "coaches/sample-coach.md"


@pytest.fixture
def folder(app, tmp_path):
    """A copy of the starter's kinds and coaches, to be spoiled."""
    for room in ("kinds", "coaches"):
        shutil.copytree(STARTER / "coaching" / room, tmp_path / "coaching" / room)
    return tmp_path


def files(folder):
    return {path.name: path.read_text() for path in sorted((folder / "coaching").rglob("*.md"))}


def test_an_export_says_what_was_imported_and_imports_to_the_same(folder, tmp_path_factory):
    content.import_from(folder)
    coach = db.session.scalars(select(Coach)).one()
    coach.is_active, coach.email, coach.location = False, "robin@example.org", 'A room: the "second" one'
    coach.weekly_hours = [WeeklyHours(weekday=4, start_minute=22 * 60, end_minute=26 * 60)]
    coach.date_overrides = [
        DateOverride(day=date(2026, 12, 24), is_extra=False, start_minute=0, end_minute=1440),
        DateOverride(day=date(2026, 12, 27), is_extra=True, start_minute=9 * 60, end_minute=12 * 60),
    ]
    kind = db.session.scalars(select(ConsultationKind).filter_by(slug="consultation")).one()
    kind.questions = [{"key": "first", "label": "Is it your first: yes or no?", "required": True}]
    db.session.commit()
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    content.export_to(first)
    assert "friday 22:00-02:00" in files(first)["sample-coach.md"]
    for row in (coach, *db.session.scalars(select(ConsultationKind))):
        db.session.delete(row)
    db.session.commit()
    content.import_from(first)
    db.session.commit()
    content.export_to(second)
    assert files(second) == files(first)


@pytest.mark.parametrize(
    ("path", "line", "spoiled", "words"),
    [
        (KIND, "duration_minutes: 45", "duration_minutes: long", "duration_minutes"),
        (KIND, "duration_minutes: 45", "duration_minutes: 0", "duration_minutes"),
        (KIND, "duration_minutes: 45", "duration_minutes: 42", "a multiple of five"),
        (KIND, "step_minutes: 30", "step_minutes: 481", "step_minutes"),
        (KIND, "price_cents: 0", "price_cents: -1", "price_cents"),
        (KIND, "price_cents: 0", "price_cents: 49", "write 0 for free, or at least 50"),
        (KIND, "currency: usd", "currency: jpy", "in hundredths"),
        (KIND, "slug: consultation", "slug: Not A Slug", "slug"),
        (KIND, "questions: []", "questions: [{key: a}]", "a key, a label and required"),
        (KIND, "questions: []", "questions: [{key: A B, label: x, required: true}]", "key"),
        (KIND, "questions: []", "questions: [{key: a, label: x, required: perhaps}]", "required"),
        (KIND, "position: 1", "position: 1\nsurprise: 1", "surprise"),
        (COACH, "time_zone: America/New_York", "time_zone: Mars/Olympus", "time_zone"),
        (COACH, "buffer_after_minutes: 15", "buffer_after_minutes: 7", "a multiple of five"),
        (COACH, "minimum_notice_hours: 24", "minimum_notice_hours: 721", "minimum_notice_hours"),
        (COACH, "booking_window_days: 60", "booking_window_days: 0", "booking_window_days"),
        (COACH, "most_per_day: 4", "most_per_day: -4", "most_per_day"),
        (COACH, "monday 18:00-21:00", "mon 18:00-21:00", "like monday 09:00-12:00"),
        (COACH, "monday 18:00-21:00", "monday 18:00-25:00", "no interval of a day"),
        (COACH, "monday 18:00-21:00", "monday 18:03-21:00", "no interval of a day"),
        (COACH, "position: 1", "position: 1\nblocked_hours: [tomorrow]", "like 2027-03-16 09:00-12:00"),
        (COACH, "position: 1", 'position: 1\nextra_hours: ["2027-02-30 09:00-12:00"]', "like 2027-03-16"),
    ],
)
def test_a_spoiled_file_is_named_and_says_what_to_write(folder, path, line, spoiled, words):
    file = folder / "coaching" / path
    assert line in file.read_text()
    file.write_text(file.read_text().replace(line, spoiled, 1))
    with pytest.raises(ContentError, match=words) as problem:
        content.import_from(folder)
    assert file.name in str(problem.value)
