import pytest

from app.extensions import db
from app.newsletter.sign_ups import WORDING, SignUp
from app.people.models import Consent, Person
from tests.newsletter.conftest import ADA, Reader, at_once, rows_of_everybody


def test_from_sign_up_to_welcome(ada, mail, work, clock):
    answer = ada.sign_up(first_name="Ada", topics=["career", "leadership"], source="/articles/on-leading")
    assert (answer.status_code, answer.location) == (303, "/newsletter/check-inbox")
    assert [email.template for email in mail.all] == ["newsletter/confirm_subscription"]
    page = ada.client.get(ada.confirmation_path())
    assert "Confirm my subscription" in page.text
    assert ada.confirm().location == ada.confirmation_path()
    assert "You are in" in ada.client.get(ada.confirmation_path()).text
    assert ada.subscription.state == "active"
    assert ada.subscription.source == "/articles/on-leading"
    assert ada.topics == ["leadership", "career"]
    assert ada.person.name == "Ada"
    work()
    assert [email.template for email in mail.all] == ["newsletter/confirm_subscription", "followups/step"]


def test_nobody_is_subscribed_before_confirming(ada, mail, work):
    ada.sign_up(first_name="Ada")
    work()
    assert ada.subscription.state == "waiting"
    assert ada.person.name == ""
    assert mail.to(ADA, "followups/step") == []
    assert Consent.last_word(ada.person, "newsletter") is None


def test_the_ledger_keeps_the_wording_and_the_page(ada, clock):
    assert WORDING in ada.client.get("/newsletter/").text
    ada.subscribe(source="/hubs/leadership-mentorship")
    assert [(line.action, line.wording, line.page, line.at) for line in ada.ledger] == [
        ("requested", WORDING, "/hubs/leadership-mentorship", clock.time),
        ("given", WORDING, "/hubs/leadership-mentorship", clock.time),
    ]


def test_a_form_without_a_source_counts_as_the_newsletters_page(ada):
    assert ada.subscribe().source == "/newsletter/"
    assert Reader(ada.client, ada.mail, "grace@example.org").subscribe(source="/").source == "/"


def test_one_human_signs_up_under_one_spelling(ada, clock):
    ada.sign_up()
    clock.advance(hours=1)
    ada.client.post("/newsletter/", data={"email": "  ADA@Example.ORG "})
    assert ada.mail.recipients == [ADA, ADA]
    assert db.session.query(Person).count() == 1


def test_nothing_that_was_typed_is_in_the_confirmation_mail(ada):
    ada.sign_up(first_name="Buy evil pills")
    email = ada.confirmations[0]
    assert "evil" not in email.subject + email.body + email.html + email.to_name


@pytest.mark.parametrize("state", ["unknown", "waiting", "active", "left", "known without a subscription"])
def test_the_answer_is_the_same_for_everybody(ada, clock, state):
    if state == "known without a subscription":
        db.session.add(Person(email=ADA))
        db.session.commit()
    if state in ("waiting", "active", "left"):
        ada.sign_up()
    if state in ("active", "left"):
        ada.confirm()
    if state == "left":
        ada.subscription.leave()
        db.session.commit()
    clock.advance(hours=1)
    before = len(ada.mail.all)
    known, stranger = ada.sign_up(), Reader(ada.client, ada.mail, "nobody@example.org").sign_up()
    assert (known.status_code, known.data) == (stranger.status_code, stranger.data)
    assert without_request_id(known.headers) == without_request_id(stranger.headers)
    assert "Set-Cookie" not in known.headers
    assert len(ada.mail.all) == before + 2


def without_request_id(headers):
    return [(name, value) for name, value in headers if name not in ("X-Request-Id", "Date")]


def test_a_subscriber_who_signs_up_again_is_told_so_and_nothing_changes(ada, work, clock):
    ada.subscribe(first_name="Ada", topics=["career"], source="/")
    clock.advance(hours=1)
    before = ada.subscription.confirmed_at, ada.person.name, ada.topics, len(ada.ledger)
    ada.sign_up(first_name="Mallory", topics=["leadership"], source="/guide")
    work()
    again = ada.mail.to(ADA, "newsletter/already_subscribed")
    assert len(again) == 1
    assert "/newsletter/preferences/" in again[0].body
    assert again[0].headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (ada.subscription.confirmed_at, ada.person.name, ada.topics, len(ada.ledger)) == before
    assert len(ada.confirmations) == 1
    clock.advance(minutes=5)
    ada.sign_up()
    assert len(ada.mail.to(ADA, "newsletter/already_subscribed")) == 1


def test_what_a_stranger_types_for_somebody_who_waits_takes_no_effect(ada, clock):
    ada.sign_up(first_name="Ada", topics=["career"])
    mine = ada.confirmation_path()
    ada.sign_up(first_name="Mallory", topics=["leadership"])
    clock.advance(minutes=11)
    ada.sign_up(first_name="Mallory", topics=["leadership"])
    ada.client.post(mine)
    assert (ada.person.name, ada.topics) == ("Ada", ["career"])
    ada.confirm()  # The stranger's link, which Ada follows too: she is in already.
    assert (ada.person.name, ada.topics) == ("Ada", ["career"])


def test_a_name_that_is_known_is_kept(ada):
    person = Person.at(ADA)
    person.name = "Dr. Ada Lovelace"
    db.session.commit()
    ada.subscribe(first_name="Ada")
    assert ada.person.name == "Dr. Ada Lovelace"


def test_one_mail_in_ten_minutes_and_five_a_day(ada, clock):
    ada.sign_up()
    clock.advance(minutes=9, seconds=59)
    ada.sign_up()
    assert len(ada.confirmations) == 1
    clock.advance(seconds=1)
    ada.sign_up()
    assert len(ada.confirmations) == 2
    for _ in range(6):
        clock.advance(minutes=11)
        assert ada.sign_up().status_code == 303
    assert len(ada.confirmations) == 5
    clock.advance(days=1)
    ada.sign_up()
    assert len(ada.confirmations) == 6


def test_a_mail_that_was_not_sent_leaves_nothing_behind(ada):
    ada.sign_up()
    before = rows_of_everybody()
    ada.sign_up(first_name="Mallory", topics=["leadership"])
    assert rows_of_everybody() == before


def test_twenty_sign_ups_at_once_are_one_mail(app, ada):
    answers = at_once(app, 20, lambda client, _: client.post("/newsletter/", data={"email": ADA}).status_code)
    assert answers == [303] * 20
    assert len(ada.mail.all) == 1
    assert db.session.query(SignUp).count() == 1


def test_twenty_sign_ups_at_once_after_the_ten_minutes_are_one_mail_more(app, ada, clock):
    ada.sign_up()
    clock.advance(minutes=10)
    at_once(app, 20, lambda client, _: client.post("/newsletter/", data={"email": ADA}))
    assert len(ada.mail.all) == 2


def test_sign_ups_of_many_at_once_all_arrive(app, ada):
    at_once(app, 12, lambda client, index: client.post("/newsletter/", data={"email": f"p{index}@example.org"}))
    assert sorted(ada.mail.recipients) == sorted(f"p{index}@example.org" for index in range(12))


def test_a_filled_trap_gets_the_same_answer_and_writes_nothing(ada):
    before = rows_of_everybody()
    trapped = ada.sign_up(website="http://spam.example")
    assert rows_of_everybody() == before
    honest = ada.sign_up()
    assert (trapped.status_code, trapped.location, trapped.data) == (honest.status_code, honest.location, honest.data)


def test_one_mailbox_gets_one_mail_however_many_names_it_has(client, mail):
    for number in range(10):
        assert client.post("/newsletter/", data={"email": f"ada+{number}@example.org"}).status_code == 303
    for address in ("a.d.a@gmail.com", "ada@gmail.com", "ad.a+x@gmail.com"):
        assert client.post("/newsletter/", data={"email": address}).status_code == 303
    assert mail.recipients == ["ada+0@example.org", "a.d.a@gmail.com"]


@pytest.mark.parametrize("junk", [{"website": "x"}, {"topics": "none-such"}, {}])
def test_what_strangers_post_in_somebodys_name_shuts_nobody_out(client, limits, junk):
    def post(network, **fields):
        return client.post(
            "/newsletter/", data={"email": ADA, **fields}, environ_overrides={"REMOTE_ADDR": f"{network}.7"}
        ).status_code

    assert 429 not in [post("198.51.100", **junk) for _ in range(50)]
    assert post("203.0.113") == 303


def test_a_lecture_hall_may_sign_up_and_one_network_may_not_go_on_for_ever(client, limits):
    def answers(network, *people):
        return {
            client.post(
                "/newsletter/",
                data={"email": f"p{number}@d{number}.example.org", "website": "no mail for this one"},
                environ_overrides={"REMOTE_ADDR": f"{network}.{number % 250}"},
            ).status_code
            for number in people
        }

    assert answers("192.0.2", *range(300)) == {303}
    assert answers("192.0.2", 300) == {429}
    assert answers("198.51.100", 301) == {303}


def test_another_sites_page_cannot_sign_anybody_up(client, mail):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert client.post("/newsletter/", data={"email": ADA}, headers=headers).status_code == 403
    assert mail.all == []


@pytest.mark.parametrize("path", ["/newsletter/", "/newsletter/check-inbox"])
def test_public_pages_set_no_cookie_and_are_the_same_for_everybody(client, path):
    first, second = client.get(path), client.get(path, headers={"Cookie": "session=x"})
    assert first.status_code == 200
    assert "Set-Cookie" not in first.headers
    assert first.data == second.data
    assert "public" in first.headers["Cache-Control"]


def test_a_changed_offer_is_seen_at_once(client):
    from app.newsletter.offer import Offer

    assert "One idea." in client.get("/newsletter/").text
    Offer.current().lede = "Two ideas."
    db.session.commit()
    assert "Two ideas." in client.get("/newsletter/").text


def test_the_page_shows_words_topics_and_the_region_that_is_exchanged_in_place(client):
    page = client.get("/newsletter/").text
    for words in ("The Letter", "Twice a month", "<strong>the letter</strong>", "Mentorship", 'name="website"'):
        assert words in page
    assert page.count('type="checkbox"') == 3
    assert 'data-in-place="subscribe"' in page
    assert 'data-in-place="subscribe"' in client.get("/newsletter/check-inbox").text
