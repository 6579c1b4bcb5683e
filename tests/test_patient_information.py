import pytest

from app.patient_information import found_in


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("mrn: 00-12-34-56", "a record number"),
        ("MRN\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "a record number"),
        ("chart # 445566", "a record number"),
        ("Chart number A445566", "a record number"),
        ("case number A1234567", "a record number"),
        ("patient 12345678", "a record number"),
        ("the patient ID is 889 001", "a record number"),
        ("DOB 1/2/1960", "a date of birth"),
        ("born 4th of March 1961", "a date of birth"),
        ("born on the 4th of March", "a date of birth"),
        ("Geb. 04.03.1961", "a date of birth"),
        ("MR# 123456", "a record number"),
        ("Chart 123456", "a record number"),
        ("FIN 1234567", "a record number"),
        ("CSN: 12345678", "a record number"),
        ("patient 123456 died last night", "a record number"),
        ("DOB:04051970", "a date of birth"),
        ("dob 040570", "a date of birth"),
        ("birthday 3/4/70", "a date of birth"),
        ("her birthday is 3/4/1970", "a date of birth"),
        ("123-45-6789", "a social security number"),
    ],
)
def test_what_points_to_a_patient_is_found(text, what):
    assert found_in(f"I keep thinking of it: {text}, and now this.") == what


@pytest.mark.parametrize(
    "text",
    [
        "I was born to lead, my mother says.",
        "In my case number one on the list is sleep.",
        "I chart 30 notes a night and see 25 patients a day.",
        "The contract ends on 12/31/2026; my record is clean since 2019.",
        "Call me at 555-123-4567 after my shift.",
        "We have 120 beds and one patient advocate.",
        "Our clinic has outpatient 12345 and inpatient 123456 visits a year.",
        "We count patient 12345 visits a year, and I chart 10000 new words every week.",
        "My birthday is on 3/4, and my son\u2019s birthday on May 3, both on call.",
        "Mr. Norton asked for 300 charts by 2027; the fin of it was 1234.",
        "A patient 3 weeks ago made me think.",
    ],
)
def test_what_doctors_write_of_themselves_is_let_through(text):
    assert found_in(text) is None
