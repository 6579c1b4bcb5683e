import pytest
from huey.storage import RedisStorage
from sqlalchemy import create_engine

from app.extensions import db, queue
from app.web import health


def test_alive_asks_nothing(web):
    assert web.get("/healthz").status_code == 200


def test_ready_says_of_what(web):
    answer = web.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"database": "ok", "queue": "ok", "disk": "ok"}


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_nobody_keeps_the_answer(web, address):
    assert web.get(address).headers["Cache-Control"] == "no-store"


def test_ready_names_a_database_that_is_down(web, monkeypatch):
    away = create_engine("postgresql+psycopg://nobody:pw@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    monkeypatch.setitem(db._app_engines[web.application], None, away)
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"].startswith("down")
    assert answer.json["queue"] == "ok"
    assert "nobody" not in answer.text
    assert web.get("/healthz").status_code == 200


def test_ready_names_a_queue_that_is_down(web, monkeypatch):
    monkeypatch.setattr(queue, "storage", RedisStorage("x", url="redis://127.0.0.1:1/0?socket_connect_timeout=1"))
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["queue"].startswith("down")
    assert answer.json["database"] == "ok"


def test_ready_names_a_disk_that_is_full(web, monkeypatch):
    monkeypatch.setattr(health, "ROOM_NEEDED_BYTES", 2**60)
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["disk"].startswith("full")
