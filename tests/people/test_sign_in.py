import re
from datetime import timedelta

import pytest

from app import tokens
from app.extensions import db
from app.people.models import Person
from app.people.sign_in import PURPOSE, SignInCode
from app.people.tasks import forget_old_rows


def ask(client, email="ada@example.org", **fields):
    return client.post("/sign-in", data={"email": email, **fields})


def type_code(client, digits, email="ada@example.org"):
    return client.post("/sign-in/code", data={"email": email, "code": digits})


def is_signed_in(client):
    return client.get("/sign-in").status_code == 303


def wrong(digits):
    return f"{(int(digits) + 1) % 1_000_000:06}"


def test_the_link_signs_in_with_one_press(client, ada, inbox):
    assert ask(client).status_code == 200
    page = client.get(inbox("ada@example.org").link)
    assert page.status_code == 200
    assert "ada@example.org" in page.text
    assert not is_signed_in(client)
    answer = client.post(inbox("ada@example.org").link)
    assert (answer.status_code, answer.location) == (303, "/learn/")
    assert is_signed_in(client)


def test_a_mail_scanner_that_follows_the_link_uses_nothing_up(client, ada, inbox):
    ask(client)
    link = inbox("ada@example.org").link
    for _ in range(3):
        assert client.get(link).status_code == client.head(link).status_code == 200
    assert client.post(link).status_code == 303


def test_the_code_signs_in(client, ada, inbox):
    ask(client)
    digits = inbox("ada@example.org").digits
    assert type_code(client, f" {digits[:3]} {digits[3:]} ").status_code == 303
    assert is_signed_in(client)


def test_the_owner_comes_to_the_studio(client, ada, inbox):
    ada.make_owner()
    db.session.commit()
    ask(client)
    assert client.post(inbox("ada@example.org").link).location == "/studio/"


def test_the_page_that_was_wanted_comes_after_signing_in(client, ada, inbox):
    assert 'value="/learn/lessons/one"' in client.get("/sign-in?next=/learn/lessons/one").text
    ask(client, next="/learn/lessons/one")
    assert client.post(inbox("ada@example.org").link).location == "/learn/lessons/one"


@pytest.mark.parametrize(
    "trick",
    [
        "//evil.example.org", "///evil.example.org", "/\\evil.example.org", "\\\\evil.example.org",
        "/\t/evil.example.org", "\t//evil.example.org", "/%09/evil.example.org", "https://evil.example.org",
        "https:evil.example.org",
        "javascript:alert(1)", "/@evil.example.org//", "/learn//evil", "/..//evil.example.org", "/\n/evil.example.org",
        "/learn\n", "/learn?x=//evil", "/" + "a" * 300, "evil.example.org", "/\uff0e\uff0fevil",
    ],
)  # fmt: skip
def test_only_a_plain_path_of_this_site_comes_next(client, ada, inbox, trick):
    assert "evil" not in client.get("/sign-in", query_string={"next": trick}).text
    ask(client, next=trick)
    assert client.post(inbox("ada@example.org").link).location == "/learn/"


def test_a_used_link_says_so_and_offers_a_new_one(client, ada, inbox):
    ask(client)
    link = inbox("ada@example.org").link
    client.post(link)
    other = client.application.test_client()
    for answer in (other.get(link), other.post(link)):
        assert answer.status_code == 410
        assert 'action="/sign-in"' in answer.text
    assert not is_signed_in(other)


def test_using_the_code_uses_up_the_link_beside_it(client, ada, inbox):
    ask(client)
    type_code(client, inbox("ada@example.org").digits)
    assert client.application.test_client().post(inbox("ada@example.org").link).status_code == 410


def test_link_and_code_are_good_for_a_quarter_of_an_hour(client, ada, inbox, clock):
    ask(client)
    clock.advance(minutes=14, seconds=59)
    assert client.get(inbox("ada@example.org").link).status_code == 200
    clock.advance(seconds=1)
    answer = client.get(inbox("ada@example.org").link)
    assert answer.status_code == 410
    assert "for as long as its e-mail says" in answer.text
    assert client.post(inbox("ada@example.org").link).status_code == 410
    assert type_code(client, inbox("ada@example.org").digits).status_code == 422


def test_a_newer_mail_ends_the_older_one(client, ada, inbox, clock):
    ask(client)
    older, digits = inbox("ada@example.org").link, inbox("ada@example.org").digits
    clock.advance(minutes=2)
    ask(client)
    assert client.post(older).status_code == 410
    if digits != inbox("ada@example.org").digits:
        assert type_code(client, digits).status_code == 422
    assert client.post(inbox("ada@example.org").link).status_code == 303


def test_a_mangled_link_is_refused(client, ada, inbox):
    ask(client)
    link = inbox("ada@example.org").link
    swapped = link[:-1] + ("A" if link[-1] != "A" else "B")
    for bad in (swapped, link[:-4], "/sign-in/nonsense", "/sign-in/" + "x" * 5000, "/sign-in/a.b.c"):
        assert client.get(bad).status_code == client.post(bad).status_code == 410


def test_a_token_of_another_purpose_signs_nobody_in(app, client, ada):
    code, _ = SignInCode.issue(ada)
    db.session.commit()
    payload = tokens.read(PURPOSE, code.link_token)
    assert client.post(f"/sign-in/{tokens.sign('unsubscribe', payload)}").status_code == 410
    assert client.post(f"/sign-in/{code.link_token}").status_code == 303


def test_an_old_link_is_not_good_for_a_code_that_got_its_number(app, client, ada, clock):
    code, _ = SignInCode.issue(ada)
    db.session.commit()
    old_link, number = code.link_token, code.id
    db.session.delete(code)
    grace = Person.at("grace@example.org")
    db.session.flush()
    later, _ = SignInCode.issue(grace)
    db.session.execute(db.update(SignInCode).where(SignInCode.id == later.id).values(id=number))
    db.session.commit()
    db.session.expunge_all()
    assert client.post(f"/sign-in/{old_link}").status_code == 410


def test_five_wrong_guesses_end_the_code_but_not_the_person(client, ada, inbox, clock):
    ask(client)
    digits = inbox("ada@example.org").digits
    for _ in range(5):
        assert type_code(client, wrong(digits)).status_code == 422
    assert type_code(client, digits).status_code == 422
    clock.advance(minutes=2)
    ask(client)
    assert type_code(client, inbox("ada@example.org").digits).status_code == 303


@pytest.mark.parametrize("good_for", [timedelta(minutes=15), timedelta(days=3)])
def test_a_stranger_who_guesses_ends_the_code_and_never_the_mailed_link(app, client, ada, good_for):
    code, digits = SignInCode.issue(ada, good_for=good_for)
    db.session.commit()
    stranger = app.test_client()
    for _ in range(6):
        assert type_code(stranger, wrong(digits)).status_code == 422
    assert type_code(stranger, digits).status_code == 422
    assert client.get(f"/sign-in/{code.link_token}").status_code == 200
    assert client.post(f"/sign-in/{code.link_token}").status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(stranger)


def test_four_wrong_guesses_leave_a_fifth(client, ada, inbox):
    ask(client)
    for _ in range(4):
        type_code(client, wrong(inbox("ada@example.org").digits))
    assert type_code(client, inbox("ada@example.org").digits).status_code == 303


def test_guessing_all_day_ends_codes_but_never_links(client, ada, inbox, clock):
    for _ in range(4):
        ask(client)
        for _ in range(5):
            type_code(client, wrong(inbox("ada@example.org").digits))
        clock.advance(hours=1)
    ask(client)
    for _ in range(6):
        assert type_code(client, wrong(inbox("ada@example.org").digits)).status_code == 422
    assert type_code(client, inbox("ada@example.org").digits).status_code == 422
    assert client.post(inbox("ada@example.org").link).status_code == 303
    clock.advance(days=1, hours=1)
    ask(client)
    assert type_code(client, inbox("ada@example.org").digits).status_code == 303


def test_the_code_of_one_person_is_none_of_another(client, ada, inbox):
    Person.at("grace@example.org")
    db.session.commit()
    ask(client)
    ask(client, "grace@example.org")
    if inbox("ada@example.org").digits != inbox("grace@example.org").digits:
        assert type_code(client, inbox("ada@example.org").digits, "grace@example.org").status_code == 422
    assert not is_signed_in(client)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "123456\r\nX: y", "1" * 10000])
def test_what_is_no_code_is_explained_and_costs_no_try(client, ada, inbox, typed):
    ask(client)
    answer = type_code(client, typed)
    assert answer.status_code == 422
    assert "six digits" in answer.text
    assert type_code(client, inbox("ada@example.org").digits).status_code == 303


def test_codes_are_kept_as_keyed_hashes(app, ada):
    code, digits = SignInCode.issue(ada)
    assert re.fullmatch(r"[0-9a-f]{64}", code.code_hash)
    assert digits not in code.code_hash


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "ada@",
        "ada@example.org\r\nBcc: x@evil.example.org",
        "a@b@example.org",
        "x" * 300 + "@example.org",
        "\u202e@",
    ],
)
def test_what_is_no_address_is_explained_and_nothing_is_sent(client, mail, typed):
    answer = ask(client, typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert mail.all == []


def test_a_robot_that_fills_the_trap_gets_the_same_page_and_no_mail(client, ada, mail):
    trapped = ask(client, website="https://spam.example.org")
    assert mail.all == []
    assert trapped.status_code == 200
    assert trapped.text == ask(client).text


def test_someone_who_may_not_come_in_gets_no_link(client, ada, mail):
    ada.active = False
    db.session.commit()
    ask(client)
    assert [email.template for email in mail.all] == ["people/no_account"]


def test_a_link_ends_with_the_right_to_come_in(client, ada, inbox):
    ask(client)
    link, digits = inbox("ada@example.org").link, inbox("ada@example.org").digits
    ada = Person.with_email("ada@example.org")
    ada.active = False
    db.session.commit()
    assert client.get(link).status_code == client.post(link).status_code == 410
    assert type_code(client, digits).status_code == 422


def test_old_codes_are_swept_away(app, ada, clock):
    SignInCode.issue(ada)
    db.session.commit()
    clock.advance(hours=20)
    fresh, _ = SignInCode.issue(ada)
    db.session.commit()
    clock.advance(hours=5)
    forget_old_rows.call_local()
    assert list(db.session.scalars(db.select(SignInCode.id))) == [fresh.id]
