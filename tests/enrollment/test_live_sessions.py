"""The live sessions of a cohort as content: wall times where the cohort is, moments in the database."""

import yaml
from sqlalchemy import select

from app.enrollment import content
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.live_sessions import LiveSession
from app.enrollment.orders import Order
from app.extensions import db
from app.people.models import Person
from tests.enrollment.test_content import STARTER, take_in


def change(folder, act) -> None:
    """Write the content out, change its cohorts, and take it in again."""
    content.export_to(folder)
    path = folder / "course" / "cohorts.yaml"
    cohorts = yaml.safe_load(path.read_text())
    act(cohorts)
    path.write_text(yaml.safe_dump(cohorts))
    take_in(folder)


def spring() -> list[LiveSession]:
    in_spring = select(LiveSession).join(LiveSession.cohort).where(Cohort.name == "Spring 2027")
    return list(db.session.scalars(in_spring.order_by(LiveSession.starts_at).execution_options(populate_existing=True)))


def test_seven_sessions_keep_their_wall_time_when_clocks_are_put_forward(app):
    take_in(STARTER)
    sessions = spring()
    assert [session.duration_minutes for session in sessions] == [90] * 7
    assert [f"{session.starts_at:%m-%d %H:%M}" for session in sessions][1:3] == ["03-10 00:30", "03-16 23:30"]


def test_a_changed_session_stays_the_same_in_calendars_and_counts_as_newer(app, tmp_path):
    take_in(STARTER)
    before = {session.title: session.uid for session in spring()}

    def move(cohorts):
        first, second, *_ = cohorts[0]["live_sessions"]
        first["starts_at"], second["place"] = "2027-03-03 18:00", "https://meet.example.org/ward"

    change(tmp_path, move)
    sessions = spring()
    assert {session.title: session.uid for session in sessions} == before
    assert [session.sequence for session in sessions] == [1, 1, 0, 0, 0, 0, 0]
    assert sessions[1].join_url == "https://meet.example.org/ward"
    content.export_to(tmp_path / "again")
    written = yaml.safe_load((tmp_path / "again" / "course" / "cohorts.yaml").read_text())[0]["live_sessions"]
    assert (written[0]["starts_at"], written[1]["place"]) == ("2027-03-03 18:00", "https://meet.example.org/ward")


def test_a_file_from_before_there_were_sessions_has_none(app, tmp_path):
    take_in(STARTER)
    change(tmp_path, lambda cohorts: [cohort.pop("live_sessions") for cohort in cohorts])
    assert spring() == []


def test_a_cohort_that_somebody_moved_to_is_kept(app, tmp_path):
    spring_cohort, autumn = take_in(STARTER).cohorts
    order = Order(person=Person.at("ada@example.org"), cohort=spring_cohort, name="A", amount_cents=1, currency="usd")
    db.session.add(Enrollment(order=order, person=order.person, cohort=autumn))
    db.session.commit()
    change(tmp_path, list.clear)
    assert [cohort.name for cohort in db.session.scalars(select(Cohort).order_by(Cohort.id))] == [
        "Spring 2027",
        "Fall 2027",
    ]
