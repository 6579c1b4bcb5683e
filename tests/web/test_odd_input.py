import io
import time

import pytest

FORM = "/pages/form"
URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "address",
    ["/%00", "/pages/%00", "/pages/personal?a=%00", "/pages/personal?%00=a", "/pages/link/1?q=a%00b", "/static/%00"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_nul_in_an_address_is_a_bad_request(web, address, method):
    assert web.open(address, method=method).status_code in (400, 404)


@pytest.mark.parametrize("body", ["a=%00", "%00=a", "a=b\0c", "a=x&a=%00"])
def test_nul_in_a_form_is_a_bad_request(web, body):
    assert web.post(FORM, data=body, content_type=URLENCODED).status_code == 400


def test_nul_in_a_multipart_form_is_a_bad_request(web):
    assert web.post(FORM, data={"a": "x\0y"}, content_type="multipart/form-data").status_code == 400


@pytest.mark.parametrize("number", [2**31, 2**63, 2**64, 10**30])
def test_a_number_no_column_holds_is_no_server_error(web, number):
    assert web.get(f"/pages/link/{number}").status_code in (200, 400, 404)


def test_too_large_a_body_is_refused_unread(web):
    class Unread(io.BytesIO):
        def read(self, *_):
            raise AssertionError("the body was read")

    answer = web.post(
        FORM, input_stream=Unread(), environ_overrides={"CONTENT_LENGTH": "1" + "0" * 12}, content_type=URLENCODED
    )
    assert answer.status_code == 413


def test_too_large_a_form_is_refused(web):
    assert web.post(FORM, data={"a": "x" * 300_000}).status_code == 413


def test_too_many_fields_are_refused_at_once(web):
    begun = time.monotonic()
    assert web.post(FORM, data="&".join(["a=b"] * 60_000), content_type=URLENCODED).status_code == 413
    assert web.post(FORM, data={f"f{n}": "" for n in range(500)}, content_type="multipart/form-data").status_code == 413
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x" + "y" * 300,
        "multipart/form-data; boundary=\xff", "multipart/form-data; boundary=--", URLENCODED + "; charset=utf-99",
        "text/plain", "application/json", "nonsense", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "body", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n", b"\xff\xfe%%%", b"{"]
)
def test_a_body_that_is_no_form_is_no_server_error(web, kind, body):
    assert web.post(FORM, data=body, content_type=kind).status_code < 500


@pytest.mark.parametrize("length", ["-1", "x", "1e9", "99999999999999999999"])
def test_a_false_length_is_no_server_error(web, length):
    assert web.post(FORM, headers={"Content-Length": length}, data=b"a=b", content_type=URLENCODED).status_code < 500


def test_what_a_machine_sends_reaches_its_view_as_it_was(web):
    assert web.post("/pages/machine", data=b'{"a": "\x00"}', content_type="application/json").text == "10 bytes"


@pytest.mark.parametrize("body", ['{"email": 123}', '{"email": ["ada@example.org"]}', "[1, 2]", '"x"', "{"])
@pytest.mark.parametrize("path", ["/newsletter/", "/coaching/request", "/course/checkout", "/sign-in"])
def test_a_form_is_sent_as_a_form(client, mail, path, body):
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code == 415
    assert mail.all == []


@pytest.mark.parametrize("path", ["/newsletter/", "/coaching/request", "/course/checkout", "/sign-in"])
def test_a_file_in_place_of_a_text_is_a_bad_request(client, mail, path):
    for named in ("a.txt", ""):
        sent = {"email": (io.BytesIO(b"ada@example.org"), named), "name": "Ada"}
        assert client.post(path, data=sent, content_type="multipart/form-data").status_code == 400
    assert mail.all == []
