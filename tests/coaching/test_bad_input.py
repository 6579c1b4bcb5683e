import pytest
from sqlalchemy import inspect

from app.extensions import db
from tests.coaching.conftest import REQUEST

# Past, today in the past, beside the steps, too far ahead, skipped by the coach's clocks, the ends of time, made up.
NO_SLOTS = [
    *("2026-11-22T15:00Z", "2026-11-23T08:30Z", "2026-12-01T15:07Z", "2027-03-25T12:00Z", "2027-03-14T07:30Z"),
    *("0001-01-01T00:00Z", "9999-12-31T23:30Z"),
    *(
        "tomorrow",
        "2026-13-45T99:99Z",
        "2026-12-01T15:00",
        "2026-12-01T15:00-05:00",
        "1",
        "-1",
        "' OR 1=1 --",
        "\u202e",
    ),
]


def nothing_was_written():
    db.session.rollback()
    tables = ("consultation", "person", "email", "consent", "sequence_run", "link_mailing", "subscription")
    known = inspect(db.engine).get_table_names()
    return not any(db.session.scalar(db.text(f"SELECT count(*) FROM {table}")) for table in tables if table in known)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "what to call you"),
        ("name", None, "what to call you"),
        ("name", "x" * 121, "shorter form"),
        ("name", "Ada\r\nBcc: everybody@example.org", "one line"),
        ("name", "Ada \u202egnp.exe", "one line"),
        ("name", "http://evil.example/x", "leave web addresses out"),
        ("email", "", "where to write to"),
        ("email", "ada", "does not look like"),
        ("email", "ada@example.org\r\nBcc: x@example.org", "does not belong"),
        ("email", ["ada@example.org", "eve@example.org"], "more than once"),
        ("career_stage", "", "closest"),
        ("career_stage", "emperor", "one of the stages"),
        ("topics", ["negotiation", "world-peace"], "not on offer"),
        ("topics", [f"topic-{number}" for number in range(150)], "not on offer"),
        ("topics", None, "at least one topic"),
        (
            "topics",
            [
                "leading-a-team",
                "negotiation",
                "finding-a-mentor",
                "being-a-mentor",
                "academic-career",
                "something-else",
            ],
            "up to 5",
        ),
        ("goals", "x" * 2001, "under 2,000"),
        ("goals", "a\x1bb", "plain characters"),
        ("name", "   ", "what to call you"),
        ("goals", "The patient with MRN 12345 said", "a record number"),
        ("goals", "medical record no: A-99871", "a record number"),
        ("goals", "She was DOB 1/2/1960", "a date of birth"),
        ("goals", "born on March 3, 1961", "a date of birth"),
        ("goals", "SSN 123-45-6789", "a social security number"),
        ("time_zone", "Mars/Olympus", "one of the time zones"),
        ("time_zone", "../../etc/passwd", "one of the time zones"),
        ("time_zone", "localtime", "one of the time zones"),
        ("time_zone", "", "Choose your time zone"),
        ("kind", "seance", "one of these kinds"),
        ("coach", "nobody", "one of the coaches"),
        *(("slot", value, "not one of the times on offer") for value in NO_SLOTS),
        ("slot", [f"2026-12-0{day}T15:00Z" for day in range(1, 5)], "up to 3 times"),
        ("slot", None, "at least one time"),
    ],
)
def test_bad_input_is_explained_kept_and_writes_nothing(ask, field, value, words):
    answer = ask(**{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    if field != "goals":
        assert "Whether to say yes to the director role." in answer.text
    assert nothing_was_written()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "what to call you"),
        ("time_zone", "Mars/Olympus", "one of the time zones"),
        ("kind", "seance", "one of these kinds"),
        ("coach", "nobody", "one of the coaches"),
        *(("slot", value, "not one of the times on offer") for value in NO_SLOTS),
        ("slot", None, "Choose a time"),
        ("slot", "", "Choose a time"),
        ("slot", ["2026-12-02T01:30Z", "2026-12-02T02:30Z"], "more than once"),
    ],
)
def test_a_bad_booking_is_explained_kept_and_writes_nothing(book, field, value, words):
    answer = book(**{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert "Whether to say yes to the director role." in answer.text
    assert nothing_was_written()


@pytest.mark.parametrize(
    "field", ["name", "email", "career_stage", "topics", "goals", "time_zone", "kind", "coach", "week", "part"]
)
def test_a_character_no_keyboard_makes_is_refused_in_any_field(ask, field):
    assert ask(**{field: f"{REQUEST.get(field)}\0"}).status_code == 400
    assert nothing_was_written()


def test_four_hundred_topics_are_too_much_at_once(ask):
    assert ask(topics=[f"topic-{number}" for number in range(400)]).status_code == 413
    assert nothing_was_written()


def test_what_looks_like_patient_information_keeps_the_text(ask):
    answer = ask(goals="My MRN 12345 story\nand more")
    assert "My MRN 12345 story\nand more</textarea>" in answer.text.replace("\r\n", "\n")
    assert "What you wrote is still here" in answer.text


@pytest.mark.parametrize(
    "goals",
    [
        "I was born to teach, call me on 555-123-4567",
        "Revenue rose 30% since 2019; my record is good",
        "Ten years after 9/11/2001 I began residency",
        "The chart shows 5 options",
        "Line one\nLine two\twith a tab, 你好, naïve",
    ],
)
def test_ordinary_sentences_pass_the_gentle_check(ask, goals):
    assert ask(goals=goals).status_code == 303


@pytest.mark.parametrize("path", ["/coaching/request", "/coaching/book"])
def test_an_empty_post_is_explained(offer, client, path):
    answer = client.post(path, data={})
    assert answer.status_code == 422
    assert "what to call you" in answer.text


def test_2000_characters_with_line_breaks_fit_as_a_browser_counts_them(ask, consultations):
    goals = "\n".join("x" * 99 for _ in range(20))
    assert ask(goals=goals.replace("\n", "\r\n") + "y").status_code == 303
    assert len(consultations()[0].goals) == 2000


def test_what_turns_text_around_or_hides_in_it_is_left_out(ask, consultations, mail):
    rest = "\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\u2695\ufe0f"
    goals = "\u202eturned\u202c \u2066\u2067around\u2069 by\u200b\ufeff \u200fnothing\u00ad\U000e0041\u2028" + rest
    shown = f"turned around by nothing\n{rest}"
    assert ask(goals=goals).status_code == 303
    assert consultations()[0].goals == shown
    [told] = mail.to("owner@doctor.example.org", "coaching/new_request")
    assert not set("\u202e\u202c\u2066\u2067\u2069\u200b\u200f") & set(told.subject + told.body + told.html)


def test_a_record_number_is_found_though_something_unseen_is_in_it(ask):
    answer = ask(goals="The patient with M\u200bRN 12\u2060345 said")
    assert answer.status_code == 422
    assert "a record number" in answer.text


def test_the_same_time_twice_counts_once(ask, consultations):
    ask(slot=["2026-12-02T01:30Z"] * 4)
    assert len(consultations()[0].preferred_times) == 1


def test_a_topic_sent_six_times_counts_once(ask, consultations):
    ask(topics=["negotiation"] * 6)
    assert consultations()[0].topics == ["negotiation"]
