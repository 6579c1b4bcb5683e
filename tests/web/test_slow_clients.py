import threading
from io import BytesIO

import pytest

from app.web import slow_clients
from tests.web import pages

FORM = "/pages/form"
URLENCODED = "application/x-www-form-urlencoded"


def test_a_form_that_was_cut_off_is_not_acted_on(web):
    answer = web.post(FORM, input_stream=BytesIO(b"a=b"), environ_overrides={"CONTENT_LENGTH": "1000"})
    assert answer.status_code == 400
    assert pages.rendered["form"] == 0


@pytest.mark.parametrize(("size", "status"), [(100, 200), (300_000, 413)])
def test_a_form_of_untold_length_is_held_to_the_same_limit(web, size, status):
    body = BytesIO(b"a=" + b"x" * size)
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    answer = web.post(FORM, input_stream=body, environ_overrides=environ, content_type=URLENCODED)
    assert answer.status_code == status


class Stalled(BytesIO):
    """A body that does not come until told to."""

    def __init__(self) -> None:
        super().__init__(b"a=b")
        self.waited_for, self.coming = threading.Event(), threading.Event()

    def read(self, *sizes):
        self.waited_for.set()
        self.coming.wait(10)
        return super().read(*sizes)


def test_senders_who_stall_are_limited_and_readers_go_on(another_site):
    visitor, stalled, answers = another_site(WEB_THREADS=2), Stalled(), []

    def send():
        environ = {"CONTENT_LENGTH": "3"}
        answers.append(visitor.post(FORM, input_stream=stalled, environ_overrides=environ, content_type=URLENCODED))

    sender = threading.Thread(target=send)
    sender.start()
    assert stalled.waited_for.wait(5)
    refused = visitor.post(FORM, data={"a": "b"})
    assert (refused.status_code, int(refused.headers["Retry-After"])) == (503, 5)
    assert visitor.get("/pages/personal").status_code == 200
    stalled.coming.set()
    sender.join()
    assert answers[0].text == "1 fields"
    assert visitor.post(FORM, data={"a": "b"}).status_code == 200


def test_work_beyond_what_is_done_at_once_waits_and_then_is_refused(web, another_site, monkeypatch):
    monkeypatch.setattr(slow_clients, "AT_WORK_AT_ONCE", 1)
    monkeypatch.setattr(slow_clients, "WAIT_SECONDS", 0.2)
    visitor = another_site()
    assert visitor.get("/pages/links").status_code == 200
    worker = threading.Thread(target=lambda: visitor.get("/pages/slow"))
    worker.start()
    assert pages.inside.wait(5)
    assert visitor.get("/pages/personal").status_code == 503
    assert visitor.get("/pages/links").status_code == 200  # Stored pages wait for nobody.
    pages.gate.set()
    worker.join()
    assert visitor.get("/pages/personal").status_code == 200


def test_forms_that_wait_for_somebody_else_keep_no_reader_waiting(web, another_site, monkeypatch):
    monkeypatch.setattr(slow_clients, "FORMS_AT_ONCE", 1)
    monkeypatch.setattr(slow_clients, "WAIT_SECONDS", 0.2)
    visitor = another_site()
    sender = threading.Thread(target=lambda: visitor.post("/pages/slow-form"))
    sender.start()
    assert pages.inside.wait(5)
    assert visitor.post(FORM, data={"a": "b"}).status_code == 503
    assert visitor.get("/pages/personal").status_code == 200
    pages.gate.set()
    sender.join()
    assert visitor.post(FORM, data={"a": "b"}).status_code == 200
