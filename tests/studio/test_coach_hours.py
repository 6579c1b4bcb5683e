"""When a coach talks: each week, and on dates that differ."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from app.coaching.availability.models import DateOverride
from app.coaching.availability.slots import DayHours, Hours
from app.extensions import db
from tests.studio import factories
from tests.studio.week_editor import hours

# The clock says 2026-11-23 09:00 UTC, a Monday. This is a Wednesday, 10:00 in New York.
AT = datetime(2026, 12, 2, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(clock):
    return clock


def test_hours_are_kept_several_a_day_and_over_midnight(send, owner, robin):
    typed = hours((0, ["09:00", "", "14:00"], ["12:00", "", "17:00"]), (6, ["22:00"], ["02:00"]))
    assert send(f"/coaches/{robin.id}/hours", **typed).status_code == 303
    assert robin.week == [Hours(0, 540, 720), Hours(0, 840, 1020), Hours(6, 1320, 1560)]
    page = owner.get(f"/studio/coaches/{robin.id}").text
    assert "22:00\u201302:00 (next day)" in page
    editor = owner.get(f"/studio/coaches/{robin.id}/hours").text
    assert re.findall(r'name="from-0"[^>]*value="([^"]*)"', editor) == ["09:00", "14:00", ""]
    assert "Monday, November 23" not in page  # Too near.
    assert "Monday, November 30" in page


def test_the_same_beginning_may_end_at_another_time(send, robin):
    send(f"/coaches/{robin.id}/hours", **hours((0, ["09:00"], ["11:00"])))
    assert robin.week == [Hours(0, 540, 660)]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            hours((1, ["12:00", "13:00"], ["14:00", "15:00"])),
            "Tuesday\u2019s 12:00\u201314:00 and Tuesday\u2019s 13:00\u201315:00",
        ),
        (
            hours((6, ["22:00"], ["02:00"]), (0, ["01:00"], ["03:00"])),
            "Sunday\u2019s 22:00\u201302:00 (next day) and Monday",
        ),
        (hours((1, ["12:00"], [""])), "both from when and until when"),
        (hours((1, ["12:00"], ["12:00"])), "both the beginning and the end"),
        (hours((1, ["12:02"], ["13:00"])), "Write 12:00, for one"),
        (hours((1, ["25:00"], ["13:00"])), "is no time"),
        (hours((1, ["noon"], ["13:00"])), "is no time"),
    ],
)
def test_hours_that_cannot_be_are_explained_and_nothing_typed_is_lost(send, robin, typed, words):
    before = robin.week
    answer = send(f"/coaches/{robin.id}/hours", **typed | hours((4, ["07:05"], ["08:55"])))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="07:05"' in answer.text
    assert robin.week == before


def test_monday_is_copied_to_the_weekdays_and_not_saved_by_that(send, robin):
    before = robin.week
    answer = send(
        f"/coaches/{robin.id}/hours", do="copy", **hours((0, ["18:00"], ["21:00"]), (5, ["09:00"], ["10:00"]))
    )
    assert [answer.text.count(f'name="from-{day}" step="300" value="18:00"') for day in range(7)] == [
        1,
        1,
        1,
        1,
        1,
        0,
        0,
    ]
    assert 'value="09:00"' in answer.text
    assert "Not saved yet" in answer.text
    assert robin.week == before


def test_what_is_typed_is_tried_out_without_saving(send, robin):
    before = robin.week
    answer = send(f"/coaches/{robin.id}/hours", do="preview", **hours((5, ["06:00"], ["07:00"])))
    assert "Saturday, November 28" in answer.text
    assert "06:00" in answer.text
    assert "Monday, November 30" not in answer.text
    assert robin.week == before


def test_bookings_outside_of_new_hours_stand_and_are_named(send, owner, robin):
    asked = factories.booked("ada@example.org", robin, AT, "Ada Lovelace")
    factories.booked("grace@example.org", robin, AT + timedelta(days=5), "Grace Hopper")
    db.session.commit()
    typed = hours((0, ["09:00"], ["12:00"]))
    tried = send(f"/coaches/{robin.id}/hours", do="preview", **typed)
    assert "1 consultation lies outside these hours" in tried.text
    send(f"/coaches/{robin.id}/hours", **typed)
    assert (asked.state, asked.starts_at) == ("booked", AT)
    page = owner.get(f"/studio/coaches/{robin.id}").text
    outside = {name: state for name, state in re.findall(r"<bdi>(Ada|Grace) .*?(Within|Outside)", page, re.S)}
    assert outside == {"Ada": "Outside", "Grace": "Within"}


def test_days_on_which_clocks_change_are_explained(send, owner, robin):
    send(f"/coaches/{robin.id}/hours", **hours((6, ["01:30"], ["02:30"])))
    page = owner.get(f"/studio/coaches/{robin.id}/hours").text
    assert "On Sunday, March 14, 2027 the clocks jump from 02:00 to 03:00: 02:30 is 03:00 that day." in page
    assert (
        "On Sunday, November 7, 2027 the clocks go back from 02:00 to 01:00: 01:30 means the first time (EDT)." in page
    )


def test_a_vacation_is_one_line_and_is_taken_back_in_one_go(send, owner, robin):
    away = {"sort": "blocked", "first": "2026-12-21", "last": "2027-01-03", "whole_day": "y"}
    assert send(f"/coaches/{robin.id}/dates", **away).status_code == 303
    assert len(robin.date_overrides) == 14
    page = owner.get(f"/studio/coaches/{robin.id}/dates").text
    assert page.count('<th scope="row">Mon, Dec 21, 2026 to Sun, Jan 3, 2027') == 1
    run = {"first": "2026-12-21", "last": "2027-01-03", "sort": "blocked", "start": "0", "end": "1440"}
    assert send(f"/coaches/{robin.id}/dates/removal", **run).status_code == 303
    assert robin.date_overrides == []


def test_extra_hours_join_what_they_touch(send, owner, robin):
    evening = {"sort": "extra", "first": "2026-12-05"}
    send(f"/coaches/{robin.id}/dates", start="18:00", end="20:00", **evening)
    send(f"/coaches/{robin.id}/dates", start="20:00", end="22:00", **evening)
    assert [row.hours for row in robin.date_overrides] == [DayHours(date(2026, 12, 5), 1080, 1320)]
    assert (
        "Saturday, December 12"
        in send(
            f"/coaches/{robin.id}/dates", do="preview", sort="extra", first="2026-12-12", start="09:00", end="10:00"
        ).text
    )
    assert len(robin.date_overrides) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first": ""}, "Say which day"),
        ({"first": "tomorrow"}, "Write the day like"),
        ({"first": "2026-11-22"}, "That day has passed"),
        ({"first": "2026-12-05", "last": "2026-12-04"}, "comes before the first"),
        ({"first": "2026-12-05", "last": "2028-12-04"}, "At most 366 days"),
        ({"first": "2026-12-05", "whole_day": None}, "say from when until when"),
        ({"first": "2026-12-05", "whole_day": None, "start": "09:00"}, "both from when and until when"),
        ({"first": "2026-12-05", "whole_day": None, "start": "09:01", "end": "10:00"}, "Write 09:00, for one"),
        (
            {"first": "2027-03-14", "sort": "extra", "whole_day": None, "start": "02:10", "end": "02:50"},
            "The clocks jump over these hours that day, to 03:00",
        ),
        ({"first": "2026-12-05", "sort": "perhaps"}, "Choose one of those in the list."),
    ],
)
def test_dates_that_cannot_be_are_explained(send, robin, typed, words):
    fields = {"sort": "blocked", "whole_day": "y"} | typed
    answer = send(f"/coaches/{robin.id}/dates", **{name: value for name, value in fields.items() if value is not None})
    assert answer.status_code == 422
    assert words in answer.text
    assert robin.date_overrides == []


def test_dates_that_are_over_stand_apart_and_cannot_be_taken_back(owner, robin):
    robin.date_overrides = [DateOverride(day=date(2026, 11, 2), is_extra=False, start_minute=0, end_minute=1440)]
    db.session.commit()
    page = owner.get(f"/studio/coaches/{robin.id}/dates").text
    assert "Mon, Nov 2, 2026" in page.partition("The last that are over")[2]
    assert "Take back" not in page


@pytest.mark.parametrize(
    "run", [{}, {"first": "x"}, {"first": "2026-12-21", "last": "0001-01-01", "start": "0", "end": "5"}]
)
def test_taking_back_what_is_not_there_changes_nothing(send, robin, run):
    assert send(f"/coaches/{robin.id}/dates/removal", **run).status_code == 303
