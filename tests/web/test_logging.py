import json
import logging
import re

import pytest
from sqlalchemy.exc import IntegrityError

from app.extensions import db, queue
from app.hub.models import ExternalLink
from app.web.logging import JsonLines, TextLines, redact


@pytest.fixture
def lines(web, capsys):
    """What was logged so far."""
    capsys.readouterr()
    return lambda: capsys.readouterr().err.splitlines()


def test_every_request_has_a_line_with_its_id(web, lines):
    answer = web.get("/pages/personal?email=ada@example.org")
    (line,) = lines()
    assert re.search(rf"INFO {answer.headers['X-Request-Id']} \S+: GET /pages/personal 200 [\d.]+ ms$", line)


def test_what_fonts_a_pdf_takes_is_not_logged(web, lines):
    logging.getLogger("fontTools.subset").info("Glyph names: ['A', 'a', 'd']")
    assert lines() == []


def test_every_line_of_a_request_has_its_id(web, lines):
    number = web.get("/pages/crash").headers["X-Request-Id"]
    logged = [line for line in lines() if re.match(r"\d{4}-", line)]
    assert len(logged) == 2
    assert all(number in line for line in logged)


@pytest.mark.parametrize(
    "path",
    [
        "/newsletter/confirm/my-token.def.ghi", "/newsletter/preferences/my-token", "/newsletter/data/my-token",
        "/newsletter/unsubscribe/my-token/x",
        "/coaching/consultations/my-token", "/coaching/consultations/my-token/cancellation", "/sign-in/my-token",
        "/course/department/my-token/invitations", "/course/seats/my-token",
    ],
)  # fmt: skip
def test_a_token_in_a_path_is_not_logged(web, lines, path):
    web.get(path)
    logged = "\n".join(lines())
    assert "my-token" not in logged
    assert "…" in logged


def test_a_path_cannot_forge_a_line(web, lines):
    web.get("/x%0a2026-01-01 INFO - forged")
    assert not any(line.startswith("2026-01-01") for line in lines())


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        ("mail for ada.lovelace+x@example.org stays", "mail for a…@example.org stays"),
        ("owner@localhost", "o…@localhost"),
        ("key sk_test_51Habcdef and whsec_abcdef123", "key … and …"),
        ("session cs_test_a1b2c3", "session …"),
        ("/newsletter/confirm/abc HTTP", "/newsletter/confirm/… HTTP"),
        ("token WzFd.aRtYxQ.Zm9vYmFyYmF6cXV4Zm9vYmFy", "token …"),
        ("postgresql://ada:hunter2@db.example.org/x", "postgresql…@db.example.org/x"),
        ("DETAIL:  Failing row contains (1, Ada).", "DETAIL: …"),
        ("app.web.page_cache says www.example.org", "app.web.page_cache says www.example.org"),
    ],
)
def test_nothing_personal_or_secret_is_logged(written, logged):
    assert redact(written) == logged


def test_an_exception_is_logged_without_what_is_personal():
    try:
        raise ValueError("no such person: ada@example.org")
    except ValueError:
        record = logging.LogRecord("x", 40, __file__, 1, "failed for %s", ("grace@example.org",), True)
        import sys

        record.exc_info = sys.exc_info()
    for formatter in (TextLines(), JsonLines()):
        line = formatter.format(record)
        assert "ada@" not in line
        assert "grace@" not in line
        assert "ValueError" in line


def test_lines_for_machines_are_json(another_site, capsys):
    answer = another_site(LOG_FORMAT="json").get("/pages/personal")
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/pages/personal", 200)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["ms"] >= 0


def test_a_visitor_cannot_choose_the_id(web):
    assert (
        web.get("/pages/personal", headers={"X-Request-Id": "chosen-by-me"}).headers["X-Request-Id"] != "chosen-by-me"
    )


def test_a_proxy_may_choose_the_id_and_nothing_odd(another_site):
    visitor = another_site(TRUSTED_PROXIES=1)
    assert visitor.get("/healthz", headers={"X-Request-Id": "from-proxy_1"}).headers["X-Request-Id"] == "from-proxy_1"
    for odd in ("short", "x" * 65, "with space!", "a@b.example.org"):
        assert visitor.get("/healthz", headers={"X-Request-Id": odd}).headers["X-Request-Id"] != odd


@queue.task()
def note():
    logging.getLogger("app.tests").warning("at work")


def test_a_background_task_logs_under_its_own_id(app, web, lines):
    note()
    task = queue.dequeue()
    queue.execute(task)
    assert any(task.id in line and "at work" in line for line in lines())


def test_a_failed_statement_is_logged_without_what_it_was_given(app, web, lines):
    for _ in range(2):
        db.session.add(ExternalLink(slug="same", title="Ada Lovelace", url="u", organization="", summary=""))
    with pytest.raises(IntegrityError) as failed:
        db.session.commit()
    logging.getLogger("app.tests").error("failed", exc_info=failed.value)
    text = "\n".join(lines())
    assert "IntegrityError" in text
    assert "Lovelace" not in text
