import pytest
from werkzeug.datastructures import MultiDict

from tests.newsletter.conftest import ADA, rows_of_everybody

BAD = {
    "no address": ({"email": ""}, "Tell us where to write to."),
    "no field at all": ({}, "Tell us where to write to."),
    "no at sign": ({"email": "ada.example.org"}, "does not look like"),
    "no domain": ({"email": "ada@"}, "does not look like"),
    "two addresses": ({"email": "ada@example.org, bob@example.org"}, "does not look like"),
    "too long an address": ({"email": "a" * 250 + "@example.org"}, "does not look like"),
    "a line break in the address": ({"email": "ada@example.org\r\nBcc: x@example.org"}, "does not belong"),
    "a turned address": ({"email": "ada\u202e@example.org"}, "does not belong"),
    "the address twice": ([("email", ADA), ("email", "bob@example.org")], "more than once"),
    "the name twice": ([("email", ADA), ("first_name", "A"), ("first_name", "B")], "more than once"),
    "a line break in the name": ({"email": ADA, "first_name": "Ada\r\nBcc: x@example.org"}, "on one line"),
    "a link for a name": ({"email": ADA, "first_name": "http://evil.example/x"}, "leave web addresses out"),
    "a turned name": ({"email": ADA, "first_name": "Ada\u202eadA"}, "on one line"),
    "too long a name": ({"email": ADA, "first_name": "A" * 81}, "80 characters"),
    "an unknown topic": ({"email": ADA, "topics": "gossip"}, "not on offer"),
    "ten thousand topics": ([("email", ADA)] + [("topics", "career")] * 10_000, None),
    "more topics than there are": ([("email", ADA)] + [("topics", "career")] * 4, "not on offer"),
    "a source elsewhere": ({"email": ADA, "source": "https://evil.example/"}, "send it again"),
    "a source without a scheme": ({"email": ADA, "source": "//evil.example/"}, "send it again"),
    "a script for a source": ({"email": ADA, "source": "javascript:alert(1)"}, "send it again"),
    "too long a source": ({"email": ADA, "source": "/" + "a" * 300}, "send it again"),
    "NUL in the address": ({"email": "ada@example.org\0"}, None),
    "NUL in the name": ({"email": ADA, "first_name": "A\0"}, None),
    "NUL in the source": ({"email": ADA, "source": "/\0"}, None),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_is_refused_and_nothing_is_written_or_sent(client, mail, what):
    fields, says = BAD[what]
    before = rows_of_everybody()
    answer = client.post("/newsletter/", data=MultiDict(fields))
    assert 400 <= answer.status_code < 500
    if says:
        assert answer.status_code == 422
        assert says in answer.text
    assert rows_of_everybody() == before
    assert mail.all == []


def test_what_was_typed_is_kept(client):
    typed = {"email": "ada@", "first_name": "Ada <b>", "topics": "career", "source": "/articles/on-leading"}
    page = client.post("/newsletter/", data=typed).text
    assert 'value="ada@"' in page
    assert 'value="Ada &lt;b&gt;"' in page
    assert 'value="/articles/on-leading"' in page
    assert page.count("checked") == 1
    assert 'data-in-place="subscribe"' in page


def test_a_changed_source_does_not_come_back(client):
    page = client.post("/newsletter/", data={"email": ADA, "source": "https://evil.example/"}).text
    assert "evil.example" not in page
    assert 'value="/newsletter/"' in page


@pytest.mark.parametrize("email", ["", "ada@", "a\r\nb@example.org"])
def test_a_new_link_needs_an_address(client, mail, email):
    answer = client.post("/newsletter/new-link", data={"email": email})
    assert answer.status_code == 422
    assert mail.all == []


def test_good_addresses_of_unusual_kinds_are_taken(client, mail):
    for typed in ("ada+letters@example.org", "ada@bücher.example.org", "o'hara@example.org"):
        assert client.post("/newsletter/", data={"email": typed}).status_code == 303
    assert mail.recipients == ["ada+letters@example.org", "ada@xn--bcher-kva.example.org", "o'hara@example.org"]


@pytest.mark.parametrize("path", ["/newsletter/new-link", "/newsletter/"])
def test_an_empty_form_is_no_trouble_of_the_site(client, limits, caplog, path):
    assert client.post(path, data={}).status_code == 422
    assert [each.getMessage() for each in caplog.records if each.levelname == "ERROR"] == []
