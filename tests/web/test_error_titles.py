"""What has to be mended in a form is said first in the title of its page."""

import gzip
from pathlib import Path

from app.coaching import content
from app.extensions import db


def test_a_form_with_something_to_mend_says_so_in_its_title(client):
    answer = client.post("/coaching/links", data={"email": "ada@"})
    assert answer.status_code == 422
    assert answer.text.count("<title>Error: Your link again") == 1
    assert "<title>Your link again" in client.get("/coaching/links").text


def test_a_page_that_is_compressed_does_too(client):
    content.import_from(Path(content.__file__).parent.parent / "starter")
    db.session.commit()
    answer = client.post("/coaching/book", data={"email": "ada@"}, headers={"Accept-Encoding": "gzip"})
    assert answer.content_encoding == "gzip"
    assert b"<title>Error: Book a consultation" in gzip.decompress(answer.data)
