"""What a browser holds after signing in, and what ends it."""

import threading

from app import config
from app.extensions import db
from app.people.models import Person
from app.people.sign_in import SignInCode


def link_for(person):
    code, _ = SignInCode.issue(person)
    db.session.commit()
    return f"/sign-in/{code.link_token}"


def is_signed_in(client):
    return client.get("/sign-in").status_code == 303


def session_cookie(answer):
    (cookie,) = (value for name, value in answer.headers if name == "Set-Cookie")
    return cookie


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client, ada):
    cookie = session_cookie(client.post(link_for(ada)))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Expires" in cookie


def test_signing_in_counts_as_having_been_here(client, ada, clock):
    link = link_for(ada)
    client.get(link)
    db.session.refresh(ada)
    assert ada.last_seen_at is None
    client.post(link)
    db.session.refresh(ada)
    assert ada.last_seen_at == clock.time


def test_over_https_the_cookie_is_tied_to_this_host(app, client, ada, monkeypatch, tmp_path):
    settings = config.load(
        {"SITE_URL": "https://doctor.example.org", "SECRET_KEY": "x" * 40, "INSTANCE_PATH": str(tmp_path)}
    )
    for name in ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE"):
        monkeypatch.setitem(app.config, name, settings[name])
    cookie = session_cookie(client.post(link_for(ada)))
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie


def test_nobody_gets_a_cookie_before_signing_in(client):
    for answer in (client.get("/sign-in"), client.get("/sign-in?next=/studio/"), client.get("/sign-in/nonsense")):
        assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in client.post("/sign-in", data={"email": "ada@example.org"}).headers


def test_public_pages_set_no_cookie_for_anybody(client, ada):
    for path in ("/", "/articles/", "/newsletter/", "/nowhere"):
        assert "Set-Cookie" not in client.get(path).headers, path
    client.post(link_for(ada))
    for path in ("/", "/articles/", "/newsletter/"):
        assert "Set-Cookie" not in client.get(path).headers, path


def test_a_visit_does_not_set_the_cookie_again(client, ada):
    client.post(link_for(ada))
    answer = client.get("/sign-in", headers={"User-Agent": "another browser"})
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers


def test_what_the_browser_held_before_is_not_taken_into_the_session(client, ada):
    with client.session_transaction() as session:
        session["csrf_token"] = "planted"
        session["anything"] = "planted"
    client.post(link_for(ada))
    with client.session_transaction() as session:
        assert "anything" not in session
        assert session.get("csrf_token") != "planted"


def test_signing_out_ends_the_session_and_every_copy_of_its_cookie(app, client, ada, sign_out):
    client.post(link_for(ada))
    copy = app.test_client()
    copy.set_cookie("session", client.get_cookie("session").value)
    assert is_signed_in(copy)
    answer = sign_out()
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"storage"')
    assert not is_signed_in(client)
    assert not is_signed_in(copy)


def test_signing_out_takes_a_post_with_a_token(client, ada):
    client.post(link_for(ada))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert is_signed_in(client)


def test_signing_out_when_not_signed_in_leads_to_the_sign_in_page(client, sign_out):
    answer = sign_out()
    assert (answer.status_code, answer.location) == (303, "/sign-in")


def test_a_person_who_is_barred_is_out_at_once(client, ada):
    client.post(link_for(ada))
    Person.with_email("ada@example.org").active = False
    db.session.commit()
    assert not is_signed_in(client)


def test_signing_in_as_another_replaces_the_first(client, ada):
    grace = Person.at("grace@example.org")
    grace.make_owner()
    client.post(link_for(ada))
    client.post(link_for(grace))
    assert client.get("/sign-in").location == "/studio/"


def at_once(*actions):
    """What each of `actions` returns, done in threads of their own that start together."""
    start, answers = threading.Barrier(len(actions)), []

    def do(action):
        start.wait()
        answers.append(action())

    threads = [threading.Thread(target=do, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def type_code(app, digits):
    data = {"email": "ada@example.org", "code": digits}
    return app.test_client().post("/sign-in/code", data=data).status_code


def test_one_link_used_twice_at_once_signs_in_once(app, ada):
    for _ in range(5):
        link = link_for(ada)
        presses = [lambda link=link: app.test_client().post(link).status_code] * 2
        assert sorted(at_once(*presses)) == [303, 410]


def test_a_link_and_its_code_used_at_once_sign_in_once(app, ada):
    for _ in range(5):
        code, digits = SignInCode.issue(ada)
        db.session.commit()
        link = f"/sign-in/{code.link_token}"
        answers = at_once(
            lambda link=link: app.test_client().post(link).status_code, lambda digits=digits: type_code(app, digits)
        )
        assert answers.count(303) == 1


def test_guesses_at_once_cost_one_try_each(app, ada):
    code, digits = SignInCode.issue(ada)
    db.session.commit()
    at_once(*[lambda: type_code(app, f"{int(digits) ^ 1:06}")] * 4)
    db.session.refresh(code)
    assert code.tries_left == 1


def test_sign_in_pages_are_kept_by_no_cache(client, ada):
    for answer in (
        client.get("/sign-in"),
        client.get(link_for(ada)),
        client.post("/sign-in", data={"email": "a@b.org"}),
    ):
        assert "no-store" in answer.headers.get("Cache-Control", "")
