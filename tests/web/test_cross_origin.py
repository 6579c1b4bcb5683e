import pytest

from tests.web import pages

HERE = "http://localhost:8000"
FORM = "/pages/form"


def send(web, method="POST", to=FORM, host="localhost:8000", **headers):
    names = {"site": "Sec-Fetch-Site", "origin": "Origin"}
    return web.open(to, method=method, headers={"Host": host} | {names[key]: value for key, value in headers.items()})


@pytest.mark.parametrize(
    "headers",
    [
        {"site": "same-origin"},
        {"site": "none"},
        {"site": "same-origin", "origin": "https://evil.example.net"},  # The newer header has the say.
        {},
        {"origin": HERE},
        {"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"},  # Whatever name the site was reached by.
        {"origin": "https://localhost:8000"},  # As Go has it: a proxy may speak https to the world.
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_a_page_of_ours_or_no_browser_sends_passes(web, method, headers):
    assert send(web, method, **headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"site": "cross-site"},
        {"site": "same-site"},
        {"site": "nonsense"},
        {"site": "cross-site", "origin": HERE},
        {"origin": "https://evil.example.net"},
        {"origin": "null"},
        {"origin": "http://localhost:8001"},
        {"origin": "http://localhost"},
        {"origin": "http://localhost:8000.evil.example.net"},
        {"origin": "http://[broken"},
        {"origin": "localhost:8000"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_another_site_sends_is_refused_before_the_view(web, method, headers):
    answer = send(web, method, **headers)
    assert answer.status_code == 403
    assert "another website" in answer.text
    assert pages.rendered["form"] == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_links_from_elsewhere_are_followed(web, method):
    assert send(web, method, to="/pages/personal", site="cross-site").status_code == 200


def test_a_page_for_machines_takes_posts_from_anywhere(web):
    assert send(web, to="/pages/machine", site="cross-site", origin="https://evil.example.net").status_code == 200


def test_a_refused_post_uses_up_nobodys_allowance(client, limits):
    for _ in range(8):
        client.post("/sign-in", data={"email": "ada@example.org"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert client.post("/sign-in", data={"email": "ada@example.org"}).status_code != 429


def test_trace_is_not_answered(web):
    assert send(web, "TRACE", to="/pages/personal").status_code == 405
