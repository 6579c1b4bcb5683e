import pytest
from sqlalchemy import inspect

from app.extensions import db
from tests.coaching.conftest import REQUEST


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
        ("goals", "The patient with MRN 12345 said", "a record number"),
        ("goals", "medical record no: A-99871", "a record number"),
        ("goals", "She was DOB 1/2/1960", "a date of birth"),
        ("goals", "born on March 3, 1961", "a date of birth"),
        ("goals", "SSN 123-45-6789", "a social security number"),
        ("time_zone", "Mars/Olympus", "one of the time zones"),
        ("time_zone", "../../etc/passwd", "one of the time zones"),
        ("time_zone", "localtime", "one of the time zones"),
        ("time_zone", "", "Choose your time zone"),
        ("time_1", "2026-11-22T10:00", "has passed"),
        ("time_1", "2026-11-23T12:00", "less than a day"),
        ("time_1", "2027-03-25T12:00", "too far ahead"),
        ("time_1", "0001-01-01T00:00", "has passed"),
        ("time_1", "9999-12-31T23:59", "too far ahead"),
        ("time_1", "tomorrow", "such as 2027"),
        ("time_1", "2026-13-45T99:99", "such as 2027"),
        ("time_1", ["2026-12-01T10:00", "2026-12-02T10:00"], "more than once"),
    ],
)
def test_bad_input_is_explained_kept_and_writes_nothing(ask, field, value, words):
    answer = ask(**{field: value})
    assert answer.status_code == 422
    assert words in answer.text
    if field != "goals":
        assert "Whether to say yes to the director role." in answer.text
    assert nothing_was_written()


@pytest.mark.parametrize("field", ["name", "email", "career_stage", "topics", "goals", "time_zone", "time_1"])
def test_a_character_no_keyboard_makes_is_refused_in_any_field(ask, field):
    assert ask(**{field: f"{REQUEST[field]}\0"}).status_code == 400
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


def test_neither_a_time_nor_no_preference_is_asked_about(ask):
    answer = ask(time_1="", time_2="")
    assert answer.status_code == 422
    assert "at least one time" in answer.text
    assert nothing_was_written()


def test_an_empty_post_is_explained(offer, client):
    answer = client.post("/coaching/request", data={})
    assert answer.status_code == 422
    assert "what to call you" in answer.text


def test_2000_characters_with_line_breaks_fit_as_a_browser_counts_them(ask, consultations):
    goals = "\n".join("x" * 99 for _ in range(20))
    assert ask(goals=goals.replace("\n", "\r\n") + "y").status_code == 303
    assert len(consultations()[0].goals) == 2000


def test_the_same_time_twice_counts_once(ask, consultations):
    ask(time_2="2026-12-01T19:30", time_3="2026-12-01T19:30:00")
    assert len(consultations()[0].preferred_times) == 1


def test_a_topic_sent_six_times_counts_once(ask, consultations):
    ask(topics=["negotiation"] * 6)
    assert consultations()[0].topics == ["negotiation"]
