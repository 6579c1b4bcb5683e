"""Names and titles as people write them, in any script. Papers are drawn from their facts: no database is needed."""

from datetime import UTC, datetime

import pytest

from app.enrollment.papers.drawing import draw
from app.enrollment.papers.models import Paper
from app.enrollment.papers.typefaces import LACKING, OTHERS, SANS, set_in
from app.people.forms import plain_line

IN_OUR_OWN = [
    "Łukasz Żółć",
    "Nguyễn Thị Đặng",
    "Ελένη Παπαδοπούλου",
    "Ђорђе Їжак",
    "Ọláṣubọ̀mí Ka\u02bbiulani",
    "Īśāna Ṛṣi",
]
IN_OTHERS = ["דוד בן־גוריון", "محمد علي عبد الرحمن", "Արամ Խաչատրյան", "გიორგი", "王小明", "さとう カナ", "김철수"]


def certificate(name: str, course: str = "Leading in Medicine") -> Paper:
    facts = {
        "attendee": name,
        "course": course,
        "provider": {"name": "The Developing Doctor", "address": ""},
        "cohort": "Spring",
        "dates": "March 2, 2027 to April 13, 2027",
        "minutes": 720,
        "credit": "",
        "completed_on": "2027-04-13",
        "check_url": "http://localhost:8000/papers/DD-4K7QM-2XW9P-0R1TB",
    }
    issued_at = datetime(2027, 4, 13, tzinfo=UTC)
    return Paper(kind="certificate", number="DD-4K7QM-2XW9P-0R1TB", facts=facts, issued_at=issued_at)


@pytest.mark.parametrize("name", IN_OUR_OWN)
def test_the_sites_own_typeface_has_the_letters(name):
    assert set_in(SANS, plain_line(name)).face == SANS


@pytest.mark.parametrize("name", IN_OTHERS)
def test_another_typeface_has_them(name):
    assert set_in(SANS, plain_line(name)).face in OTHERS


@pytest.mark.parametrize("name", [IN_OUR_OWN[1], IN_OUR_OWN[2], IN_OTHERS[0], IN_OTHERS[1], IN_OTHERS[4]])
def test_the_name_can_be_read_from_the_paper(read, name):
    text = plain_line(read(draw(certificate(name))))
    assert plain_line(name) in text
    assert "cannot show" not in text


def test_a_name_in_two_scripts_loses_neither(read):
    text = plain_line(read(draw(certificate("王小明 محمد"))))
    assert "王小明" in text
    assert "محمد" in text


def test_a_script_that_no_typeface_has_is_owned_up_to(read):
    text = " ".join(read(draw(certificate("Dr. अनिल कुमार"))).split())
    assert "Dr. […] […]" in text
    assert "stands for letters that the typefaces of this document lack" in text


def test_what_joins_and_what_parts_letters_stays_where_a_script_needs_it(read):
    name = "علی\u200cمحمد"
    assert set_in(SANS, plain_line(name)) == (name, OTHERS[0])
    assert set_in(SANS, plain_line("山田\u3000太\u200c郎")) == ("山田 太郎", OTHERS[1])
    assert "cannot show" not in read(draw(certificate(name)))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ada \u202eecalevoL\u202c \u2066x\u2069", "Ada ecalevoL x"),
        ("Ada\nLovelace\t  MD\x01", "Ada Lovelace MD"),
        ("Ada {nb} **bold** __x__", "Ada {nb} **bold** __x__"),
        ("Ada 😀", "Ada 😀"),
        ("Ada 🩺", f"Ada {LACKING}"),
        ("🩺", LACKING),
    ],
)
def test_what_is_invisible_or_odd_breaks_nothing(read, name, written):
    assert written in [line.strip() for line in read(draw(certificate(name))).splitlines()]


@pytest.mark.parametrize("name", ["W" * 120, "Hubert Blaine " * 8])
def test_a_name_of_a_hundred_and_twenty_letters_stays_on_the_sheet(read, name):
    assert "".join(name.split()) in "".join(read(draw(certificate(name))).split())


def test_a_title_with_a_line_break_stands_on_one_line(read):
    pdf = draw(certificate("Ada Lovelace", "Leading\nin\r\nMedicine"))
    assert "Leading in Medicine" in read(pdf)
    assert b"/Title (Certificate of completion: Leading in Medicine)" in pdf
