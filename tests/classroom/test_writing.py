import pytest
from sqlalchemy import select

from app.classroom.access import Access
from app.classroom.writing import LONGEST_ANSWER, Writing, mark
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.classroom.conftest import FIRST, Learner, enroll, form_of, write_lesson
from tests.classroom.test_content import import_again
from tests.races import at_once, in_thread, stopped_before

SAVE = "first/stand/writing"


def written(ada, lesson="first/stand") -> dict[str, str]:
    form = form_of(ada.get(lesson))
    return {name.removeprefix("text-"): text for name, text in form.items() if name.startswith("text-") and text}


def test_answers_and_notes_are_kept_as_they_were_typed(ada):
    answer = ada.post(
        SAVE, save="worksheet", **{"text-purpose": "\nLine one\r\n\r\n<b>& two</b>  ", "text-_notes": "ä 🙂"}
    )
    assert (answer.status_code, answer.location) == (303, "/learn/first/stand#worksheet")
    assert written(ada) == {"purpose": "\nLine one\n\n<b>& two</b>  ", "_notes": "ä 🙂"}
    page = ada.get("first/stand")
    assert "<b>& two" not in page.text
    told = {part.partition('"')[0]: "Last saved" in part for part in page.text.split('<section aria-labelledby="')}
    assert (told["worksheet"], told["reflection"], told["notes"]) == (True, False, True)
    assert "Last saved Monday, November 23, 2026, 4:00 AM EST" in page.text


def test_words_can_be_taken_away_again(ada):
    ada.post(SAVE, **{"text-purpose": "Words"})
    ada.post(SAVE, **{"text-purpose": ""})
    assert written(ada) == {}


def test_nobody_else_sees_them(ada, app, cohort):
    ada.post(SAVE, **{"text-_notes": "Between us"})
    enroll("grace@example.org", cohort)
    grace = Learner(app, "grace@example.org")
    assert "Between us" not in grace.get("first/stand").text
    grace.post(SAVE, **{"text-_notes": "Mine"})
    assert written(ada) == {"_notes": "Between us"}


def test_two_devices_change_different_fields_and_both_are_kept(ada):
    phone, desk = ada.get("first/stand"), ada.get("first/stand")
    assert ada.post(SAVE, phone, **{"text-purpose": "From the phone"}).status_code == 303
    assert ada.post(SAVE, desk, **{"text-people": "From the desk"}).status_code == 303
    assert written(ada) == {"purpose": "From the phone", "people": "From the desk"}


def test_two_devices_change_the_same_field_and_both_texts_are_shown(ada):
    phone, desk = ada.get("first/stand"), ada.get("first/stand")
    ada.post(SAVE, phone, **{"text-purpose": "From the phone"})
    answer = ada.post(SAVE, desk, **{"text-purpose": "From the desk", "text-people": "Two"})
    assert answer.status_code == 409
    assert "From the phone" in answer.text and form_of(answer)["text-purpose"] == "From the desk"
    assert written(ada) == {"purpose": "From the phone", "people": "Two"}  # What nobody else changed is saved.
    assert ada.post(SAVE, answer).status_code == 303  # Knowing both, and saving once more.
    assert written(ada)["purpose"] == "From the desk"


def test_a_page_that_shows_both_texts_puts_none_in_place_of_the_other_by_itself(ada):
    phone, desk = ada.get("first/stand"), ada.get("first/stand")
    ada.post(SAVE, phone, **{"text-purpose": "From the phone"})
    both = ada.post(SAVE, desk, **{"text-purpose": "From the desk"})
    by_itself = ada.post(SAVE, both, json=True, **{"text-people": "Two"})
    assert (by_itself.status_code, by_itself.json["unsaved"]) == (409, ["text-purpose"])
    assert "press Save to put yours in place of the other" in by_itself.json["message"]
    assert written(ada) == {"purpose": "From the phone", "people": "Two"}
    ada.post(SAVE, **{"text-purpose": "Anew"})
    assert "Press Save to see both" in ada.post(SAVE, both, json=True, **{"text-people": "Two"}).json["message"]
    late = ada.post(SAVE, both, **{"text-people": "Two"})
    assert (late.status_code, written(ada)["purpose"]) == (409, "Anew")
    assert ada.post(SAVE, late).status_code == 303
    assert written(ada)["purpose"] == "From the desk"


@pytest.mark.parametrize("last", [SAVE, "first/stand/completion"])
def test_a_page_that_saves_itself_again_and_again_leaves_what_another_device_saved(ada, last):
    laptop, phone = ada.get("first/stand"), ada.get("first/stand")
    ada.post(SAVE, phone, json=True, **{"text-purpose": "From the phone"})
    note = {"text-_notes": "N"}
    first = ada.post(SAVE, laptop, json=True, **note)
    assert first.status_code == 200
    marks = first.json["marks"]
    assert ada.post(last, laptop, json=True, **note | marks | {"text-_notes": "No"}).status_code in (200, 303)
    assert written(ada) == {"purpose": "From the phone", "_notes": "No"}
    changed = ada.post(SAVE, laptop, json=True, **marks, **{"text-purpose": "From the laptop", "text-_notes": "No"})
    assert (changed.status_code, changed.json["unsaved"]) == (409, ["text-purpose"])


def test_what_was_saved_from_the_page_without_its_knowing_is_no_conflict_for_it(ada):
    page = ada.get("first/stand")
    ada.post(SAVE, page, json=True, **{"text-purpose": "One"})  # The answer to it is lost, and the next request too.
    sent = {"seen-purpose": " ".join([mark(""), mark("One"), mark("Two")])}
    assert ada.post(SAVE, page, json=True, **sent, **{"text-purpose": "Three"}).status_code == 200
    assert ada.post(SAVE, page, json=True, **sent, **{"text-purpose": ""}).json["unsaved"] == ["text-purpose"]
    assert written(ada) == {"purpose": "Three"}
    ada.post(SAVE, **{"text-purpose": "Two"})
    emptied = ada.post("first/stand/completion", page, done="yes", **sent, **{"text-purpose": ""})
    assert (emptied.status_code, written(ada)) == (303, {})  # Back to what the page showed first.


def test_too_long_an_answer_does_not_hide_what_another_device_saved(ada):
    laptop, phone = ada.get("first/stand"), ada.get("first/stand")
    ada.post(SAVE, phone, **{"text-purpose": "From the phone"})
    answer = ada.post(SAVE, laptop, **{"text-purpose": "x" * (LONGEST_ANSWER + 1)})
    assert answer.status_code == 409
    assert "Please shorten it" in answer.text and "From the phone" in answer.text


def test_the_same_words_from_two_devices_are_no_conflict(ada):
    phone, desk = ada.get("first/stand"), ada.get("first/stand")
    assert [ada.post(SAVE, page, **{"text-purpose": "Same"}).status_code for page in (phone, desk)] == [303, 303]


def test_devices_that_save_at_the_same_moment_lose_nothing(ada, app):
    fields = form_of(ada.get("first/stand"))
    clients = [ada.client, *(Learner(app, ada.email).client for _ in range(3))]
    tokens = [form_of(client.get("/learn/first/stand"))["csrf_token"] for client in clients]
    db.session.rollback()

    def save(index):
        typed = {"csrf_token": tokens[index], "text-purpose": f"Device {index}"}
        return clients[index].post(f"/learn/{SAVE}", data=fields | typed)

    answers = at_once(4, save)
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    [winner] = [index for index, answer in enumerate(answers) if answer.status_code == 303]
    assert written(ada) == {"purpose": f"Device {winner}"}
    for index, answer in enumerate(answers):
        if index != winner:
            assert f"Device {winner}" in answer.text and form_of(answer)["text-purpose"] == f"Device {index}"


def test_too_long_an_answer_is_refused_with_every_word_still_there(ada):
    long = "x" * (LONGEST_ANSWER + 1)
    answer = ada.post(SAVE, **{"text-purpose": long, "text-people": "Short"})
    assert answer.status_code == 422
    assert "5,001 characters of 5,000" in answer.text
    assert form_of(answer)["text-purpose"] == long
    assert written(ada) == {"people": "Short"}


def test_a_form_whose_token_is_old_loses_nothing_and_saves_nothing(ada):
    answer = ada.post(SAVE, csrf_token="forged", **{"text-purpose": "Words"})
    assert (answer.status_code, written(ada)) == (400, {})
    assert form_of(answer)["text-purpose"] == "Words"
    assert ada.post(SAVE, answer).status_code == 303
    assert written(ada) == {"purpose": "Words"}


@pytest.mark.parametrize("action", ["quiz", "completion"])
def test_an_old_form_does_nothing_else_either(ada, action):
    fields = {"csrf_token": "forged", "quiz-0": "1", "quiz-1": "0", "done": "yes"}
    assert ada.post(f"first/stand/{action}", **fields).status_code == 400
    page = ada.get("first/stand").text
    assert "Mark as done" in page and "right." not in page


def test_who_was_signed_out_meanwhile_gets_their_words_back(ada):
    page = ada.get("first/stand")
    person = Person.at(ada.email)
    person.end_sessions()
    db.session.commit()
    answer = ada.post(SAVE, page, **{"text-purpose": "An hour's work"})
    assert (answer.status_code, "An hour&#39;s work" in answer.text) == (401, True)
    strange = ada.client.application.test_client().post("/learn/first/stand/completion", data={"done": "yes"})
    assert (strange.status_code, strange.location) == (303, "/sign-in")


def test_whose_place_ended_meanwhile_gets_their_words_back(ada):
    page = ada.get("first/stand")
    Access.of(Person.at(ada.email)).place.end()
    db.session.commit()
    answer = ada.post(SAVE, page, **{"text-purpose": "My words"})
    assert (answer.status_code, "My words" in answer.text) == (403, True)


def test_the_script_is_told_what_was_saved_and_goes_on_from_there(ada):
    page = ada.get("first/stand")
    first = ada.post(SAVE, page, json=True, **{"text-purpose": "One"})
    assert (first.status_code, first.json["saved"]) == (200, "4:00 AM")
    again = ada.post(SAVE, page, json=True, **{"text-purpose": "Two", "text-people": "x" * 5001, "text-_notes": "N"})
    assert (again.status_code, again.json["unsaved"]) == (409, ["text-purpose", "text-people"])
    for words in ("shorten", "Press Save to see both", "All else was saved 4:00 AM"):
        assert words in again.json["message"]
    seen = {"seen-purpose": first.json["marks"]["seen-purpose"]}
    assert ada.post(SAVE, page, json=True, **seen, **{"text-purpose": "Two"}).status_code == 200
    assert written(ada) == {"purpose": "Two", "_notes": "N"}
    long = ada.post(SAVE, json=True, **{"text-purpose": "x" * 5001})
    assert (long.status_code, "shorten" in long.json["message"]) == (422, True)
    assert ada.post(SAVE, json=True, csrf_token="old", **{"text-purpose": "x"}).status_code == 400


def test_a_question_that_is_worded_anew_keeps_its_answer_and_one_that_is_gone_shows_it(ada, lessons):
    ada.post(SAVE, **{"text-purpose": "To listen", "text-people": "Ida and Ben"})
    purpose = {"key": "purpose", "label": "What drives you?", "lines": 2}
    write_lesson(lessons, "first/01-stand", FIRST | {"worksheet": [purpose]})
    page = ada.get("first/stand")
    import_again(lessons)
    answer = ada.get("first/stand")
    assert form_of(answer)["text-purpose"] == "To listen"
    assert "no longer asked" in answer.text and "Two people to ask" in answer.text and "Ida and Ben" in answer.text
    late = ada.post(SAVE, page, **{"text-people": "Ida, Ben and Kim"})  # From a page that was open all the while.
    assert (late.status_code, "Ida, Ben and Kim" in late.text) == (422, True)


def test_control_characters_are_left_out_and_a_nul_is_refused(ada):
    ada.post(SAVE, **{"text-purpose": "a\x07b\tc"})
    assert written(ada) == {"purpose": "ab\tc"}
    assert ada.post(SAVE, **{"text-purpose": "a\0b"}).status_code == 400


def test_who_is_erased_at_that_moment_leaves_no_words(ada, database_kind):
    person, fields = ada.person, form_of(ada.get("first/stand")) | {"text-purpose": "Too late"}
    db.session.rollback()
    outcomes = {}
    with stopped_before("before_cursor_execute", "saver", lambda statement: "NO KEY UPDATE" in statement) as lock:
        saver = in_thread("saver", lambda: ada.client.post(f"/learn/{SAVE}", data=fields).status_code, outcomes)
        if database_kind == "postgresql":
            assert lock.arrived.wait(30)
        else:
            saver.join()  # There, whoever writes waits for whoever came first.
        records.erase(person)
        db.session.commit()
        lock.open.set()
        saver.join()
    assert outcomes["saver"] == (401 if database_kind == "postgresql" else 303)
    assert db.session.scalar(select(Writing)) is None


@pytest.mark.parametrize("button", ["completion", "questions"])
def test_only_save_puts_words_in_place_of_others(ada, button):
    phone, desk = ada.get("first/stand"), ada.get("first/stand")
    ada.post(SAVE, phone, **{"text-purpose": "From the phone"})
    both = ada.post(SAVE, desk, **{"text-purpose": "From the desk"})
    assert both.status_code == 409
    ada.post(f"first/stand/{button}", both, **{"text-_question": "Why?"})
    assert written(ada)["purpose"] == "From the phone"
    assert ada.post(SAVE, both).status_code == 303
    assert written(ada)["purpose"] == "From the desk"
