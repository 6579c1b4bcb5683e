"""Which event starts and stops which sequence is for the owner to say."""

from app import followups
from app.extensions import db
from app.followups import SequenceRun
from app.followups.tasks import sweep_followups
from tests.followups.conftest import sequence_of


def on_the_way(person):
    running = db.select(SequenceRun).where(SequenceRun.person_id == person.id, SequenceRun.next_at.is_not(None))
    return [run.sequence.name for run in db.session.scalars(running.order_by(SequenceRun.id))]


def test_one_event_starts_every_sequence_that_says_so(ada):
    for name, event in (("a", "enrolled"), ("b", "sign-up"), ("c", "enrolled")):
        sequence_of(name, {"slug": "one"}, starts_on=event, start_tag="")
    followups.happened("enrolled", ada, "order:1", cohort_name="Spring")
    db.session.commit()
    assert on_the_way(ada) == ["a", "c"]
    assert [run.values for run in db.session.scalars(db.select(SequenceRun))] == [{"cohort_name": "Spring"}] * 2


def test_a_tag_starts_only_what_waits_for_it(ada):
    sequence_of("vip", {"slug": "one"})
    sequence_of("speaker", {"slug": "one"})
    followups.happened("tag", ada, "tag:vip", tag="vip")
    assert on_the_way(ada) == ["vip"]


def test_a_sequence_that_is_switched_off_starts_for_nobody_and_goes_on_for_who_is_in_it(ada, mail, work, clock):
    sequence = sequence_of("vip", {"slug": "one"}, {"slug": "two", "delay_hours": 24})
    followups.happened("tag", ada, "first", tag="vip")
    sequence.active = False
    db.session.commit()
    followups.happened("tag", ada, "second", tag="vip")
    db.session.commit()
    work()
    clock.advance(days=1)
    sweep_followups.call_local()
    assert [email.subject for email in mail.all] == ["Letter one", "Letter two"]


def test_an_event_stops_what_says_so_whatever_it_was_about(ada):
    stopping = {"stops_on": ["enrolled"], "starts_on": "checkout abandoned", "start_tag": ""}
    sequence_of("reminder", {"slug": "one"}, **stopping)
    sequence_of("nurture", {"slug": "one"}, stops_on=["consultation requested"])
    sequence_of("enrolled", {"slug": "one"}, starts_on="enrolled", start_tag="")
    followups.happened("checkout abandoned", ada, "order:1")
    followups.happened("tag", ada, tag="nurture")
    followups.happened("enrolled", ada, "order:2")
    assert on_the_way(ada) == ["nurture", "enrolled"]
    followups.happened("consultation requested", ada, "consultation:1")
    assert on_the_way(ada) == ["enrolled"]
    db.session.commit()
    assert db.session.scalars(db.select(SequenceRun.stop_reason).order_by(SequenceRun.id)).all() == [
        "enrolled", "consultation requested", ""
    ]  # fmt: skip


def test_what_starts_and_stops_on_one_event_begins_anew(ada):
    both = {"starts_on": "enrolled", "start_tag": "", "stops_on": ["enrolled"]}
    sequence_of("course", {"slug": "one"}, **both)
    followups.happened("enrolled", ada, "order:1")
    followups.happened("enrolled", ada, "order:2")
    running = db.session.scalars(db.select(SequenceRun).where(SequenceRun.next_at.is_not(None))).one()
    assert running.occasion == "order:2"
