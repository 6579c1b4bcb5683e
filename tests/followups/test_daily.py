"""At most one letter a day to a person."""

from datetime import timedelta

from app import followups
from app.extensions import db
from app.followups.daily import A_DAY, marketed_since
from app.people.models import Person
from tests.followups.conftest import sequence_of


def test_who_had_a_letter_lately_is_known_for_many_at_once(ada, welcome, work, clock, queries):
    sequence_of("course", {"slug": "course"}, purpose="course")
    grace, mary = Person.at("grace@example.org"), Person.at("mary@example.org")
    for person, name in ((ada, "welcome"), (grace, "course")):
        followups.start(name, person)
    db.session.commit()
    work()
    first = clock.time
    clock.advance(hours=10)
    followups.start("course", ada)
    db.session.commit()
    work()
    people = [ada.id, grace.id, mary.id]
    with queries() as sent:
        assert marketed_since(people, clock.time - A_DAY) == {ada.id: clock.time, grace.id: first}
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
    clock.advance(hours=14)
    assert marketed_since(people, clock.time - A_DAY) == {ada.id: clock.time - timedelta(hours=14)}
    assert marketed_since([], clock.time - A_DAY) == {}
