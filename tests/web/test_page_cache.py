import gzip
import threading
import time

import brotli
import pytest
from sqlalchemy import delete, insert, update

from app.extensions import db
from app.hub.models import ExternalLink
from app.publishing import ContentVersion, content_changed
from app.web import content_watch, page_cache
from tests.web import pages

LINKS = "/pages/links"


def within(seconds, check):
    """Whether `check` becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return False


def test_a_public_page_is_rendered_once(web):
    answers = {web.get(LINKS).data for _ in range(5)}
    assert len(answers) == 1
    assert pages.rendered["links"] == 1


def test_a_stored_page_is_the_same_for_every_visitor(web):
    first = web.get(LINKS)
    other = web.get(LINKS, headers={"Cookie": "session=forged; name=eve", "User-Agent": "other"}, query_string="a=b")
    assert (other.data, dict(other.headers)) == (first.data, dict(first.headers))
    assert pages.rendered["links"] == 1


def test_a_public_page_sets_no_cookie_and_says_who_may_keep_it(web):
    for answer in (web.get(LINKS), web.get(LINKS)):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Cache-Control"] == page_cache.CACHE_CONTROL
        assert "stale-while-revalidate" in answer.headers["Cache-Control"]
        assert "X-Request-Id" not in answer.headers
        assert answer.headers["Content-Security-Policy"]


def test_a_signed_in_visitor_gets_no_cookie_on_a_public_page(web):
    visitor = web.application.test_client()
    visitor.get("/pages/remember")
    assert visitor.get_cookie("session")
    answer = visitor.get(LINKS)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert web.get(LINKS).data == answer.data
    assert pages.rendered["links"] == 1


@pytest.mark.parametrize(
    ("accepts", "coding", "unpack"),
    [
        ("br, gzip", "br", brotli.decompress),
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("br; q = nonsense, GZIP", "gzip", gzip.decompress),
        ("*", "br", brotli.decompress),
        ("", None, bytes),
        ("identity", None, bytes),
        ("zstd", None, bytes),
    ],
)
def test_each_client_gets_the_form_it_takes(web, accepts, coding, unpack):
    plain = web.get(LINKS).data
    answer = web.get(LINKS, headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.content_length == len(answer.data)
    assert unpack(answer.data) == plain


def test_each_form_has_its_own_strong_etag(web):
    etags = {web.get(LINKS, headers={"Accept-Encoding": coding}).headers["ETag"] for coding in ("br", "gzip", "")}
    assert len(etags) == 3
    assert not any(etag.startswith("W/") for etag in etags)


@pytest.mark.parametrize("pattern", ["{}", "W/{}", '"other", {}', '"a" , W/{}', "*"])
def test_what_the_browser_has_is_not_sent_again(web, pattern):
    etag = web.get(LINKS).headers["ETag"]
    answer = web.get(LINKS, headers={"If-None-Match": pattern.format(etag)})
    assert answer.status_code == 304
    assert answer.data == b""
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == page_cache.CACHE_CONTROL
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("named", ['"other"', "", "garbage", 'W/"', ", ,"])
def test_what_the_browser_has_not_is_sent(web, named):
    web.get(LINKS)
    assert web.get(LINKS, headers={"If-None-Match": named}).status_code == 200


def test_the_etag_of_one_form_is_not_taken_for_another(web):
    etag = web.get(LINKS).headers["ETag"]
    assert web.get(LINKS, headers={"If-None-Match": etag, "Accept-Encoding": "br"}).status_code == 200


def test_head_says_what_get_would(web):
    get = web.get(LINKS)
    head = web.head(LINKS)
    assert head.data == b""
    assert head.headers == get.headers


def test_other_methods_are_not_answered_from_the_store(web):
    web.get(LINKS)
    assert web.post(LINKS).status_code == 405


def test_a_personal_page_is_never_stored_and_tells_caches_so(web):
    answers = [web.get("/pages/personal", headers={"Cookie": f"name={name}"}) for name in ("ada", "grace")]
    assert [answer.text for answer in answers] == ["for ada", "for grace"]
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store", "no-store"]


@pytest.mark.parametrize("path", ["/pages/missing", "/pages/links/style.css", "/pages/personal/x.css", "/pages/links/"])
def test_what_is_not_found_is_not_stored(web, cache, path):
    answer = web.get(path)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"
    assert path not in cache._shelf


def test_a_query_string_is_rendered_but_not_stored(web):
    assert web.get("/pages/echo?name=eve").text == "eve"
    assert web.get("/pages/echo").text == "nobody"
    assert web.get("/pages/echo?name=eve").text == "nobody"


def test_a_page_that_sets_a_cookie_is_not_stored(web):
    web.get("/pages/cookie")
    web.get("/pages/cookie")
    assert pages.rendered["cookie"] == 2


def test_a_page_that_reads_the_session_is_not_stored(web):
    visitor = web.application.test_client()
    visitor.get("/pages/remember")
    answer = visitor.get("/pages/visitor")
    assert answer.text == "hello ada"
    assert answer.headers["Cache-Control"] == "no-store"
    assert web.get("/pages/visitor").text == "hello you"


def test_a_stored_page_is_not_given_to_an_unknown_host(web):
    web.get(LINKS)
    assert web.get(LINKS, headers={"Host": "evil.example.net"}).status_code == 400
    assert web.get(LINKS, headers={"Host": "localhost:9999"}).status_code == 200


def test_an_unknown_host_stores_nothing(web, cache):
    assert web.get(LINKS, headers={"Host": "evil.example.net"}).status_code == 400
    assert LINKS not in cache._shelf


def test_a_change_shows_at_once_where_it_was_made(web, publish):
    assert "news" not in web.get(LINKS).text
    publish("news")
    assert "news" in web.get(LINKS).text


def test_a_bulk_change_that_says_so_shows(web):
    web.get(LINKS)
    db.session.execute(
        insert(ExternalLink).values(slug="b", title="bulk", url="https://x", organization="", summary="")
    )
    content_changed()
    db.session.commit()
    assert "bulk" in web.get(LINKS).text


def test_a_change_in_a_savepoint_shows_when_all_is_committed(web):
    web.get(LINKS)
    with db.session.begin_nested():
        db.session.add(ExternalLink(slug="s", title="saved", url="https://x", organization="", summary=""))
    assert "saved" not in web.get(LINKS).text
    db.session.commit()
    assert "saved" in web.get(LINKS).text


def test_a_change_rolled_back_renders_nothing_anew(web):
    web.get(LINKS)
    db.session.add(ExternalLink(slug="r", title="regretted", url="https://x", organization="", summary=""))
    db.session.flush()
    db.session.rollback()
    web.get(LINKS)
    assert pages.rendered["links"] == 1


def test_a_change_in_another_process_shows_within_a_second(watching, app):
    assert content_watch.EVERY_SECONDS <= 0.5
    watching.get(LINKS)
    with db.engine.begin() as elsewhere:  # Past the session, as another process would be.
        elsewhere.execute(
            insert(ExternalLink).values(slug="e", title="elsewhere", url="https://x", organization="", summary="")
        )
        elsewhere.execute(update(ContentVersion).values(number=ContentVersion.number + 1))
    assert within(10, lambda: "elsewhere" in watching.get(LINKS).text)


def test_a_page_being_rendered_while_content_changes_is_not_kept(web, publish):
    old = []
    reader = threading.Thread(target=lambda: old.append(web.get("/pages/slow").text))
    reader.start()
    assert pages.inside.wait(5)
    publish("newer")
    pages.gate.set()
    reader.join()
    assert old == ["links: []"]
    assert web.get("/pages/slow").text == "links: ['newer']"


def test_pages_go_on_while_the_database_is_away(web, publish):
    before = web.get(LINKS).data
    publish("unseen")
    pages.broken.set()
    answer = web.get(LINKS)
    assert (answer.status_code, answer.data) == (200, before)
    pages.broken.clear()
    assert "unseen" in web.get(LINKS).text


def test_a_page_that_was_taken_away_does_not_come_back_in_trouble(web, publish):
    publish("regretted")
    assert web.get("/pages/links/regretted").status_code == 200
    db.session.execute(delete(ExternalLink))
    content_changed()
    db.session.commit()
    assert web.get("/pages/links/regretted").status_code == 404
    pages.broken.set()
    assert web.get("/pages/links/regretted").status_code == 503


def test_the_store_is_bounded(web, cache, monkeypatch):
    monkeypatch.setattr(page_cache, "MAX_PAGES", 3)
    for number in range(6):
        web.get(f"/pages/numbers/{number}")
    assert list(cache._shelf) == [f"/pages/numbers/{number}" for number in (3, 4, 5)]


def test_the_store_is_bounded_in_bytes(web, cache, monkeypatch):
    web.get(LINKS)
    monkeypatch.setattr(page_cache, "MAX_BYTES", cache._shelf[LINKS].size)
    cache.forget()
    web.get("/pages/numbers/1")
    web.get(LINKS)
    assert list(cache._shelf) == [LINKS]


def test_odd_spellings_of_a_path_are_not_stored_apart(web, cache):
    web.get(LINKS)
    for path in ("/pages//links", "/pages/./links", "/pages/links%2F", "/Pages/Links", "/pages/links;x"):
        assert web.get(path).status_code in (301, 308, 404)
    web.get("/", environ_overrides={"PATH_INFO": "//pages/links"})
    assert list(cache._shelf) == [LINKS]


def test_without_a_content_version_pages_are_served_still(web):
    db.session.delete(db.session.get(ContentVersion, 1))
    db.session.commit()
    assert web.get(LINKS).status_code == 200
