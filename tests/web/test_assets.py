import re
from pathlib import Path

import brotli
import pytest

from app.web.assets import Assets, asset

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"""asset\(['"]([^'"]+)['"]\)""")


@pytest.fixture
def url(web):
    def url(path):
        with web.application.test_request_context():
            return asset(path)

    return url


def test_a_file_is_served_for_ever_under_its_hash(web, url):
    address = url("css/site.css")
    assert re.fullmatch(r"/static/[0-9a-f]{12}/css/site\.css", address)
    answer = web.get(address)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "Set-Cookie" not in answer.headers


def test_a_file_without_hash_is_kept_for_an_hour(web):
    assert web.get("/static/css/site.css").headers["Cache-Control"] == "public, max-age=3600"


def test_text_is_compressed_and_a_font_is_not(web, url):
    sheet = web.get(url("css/site.css"), headers={"Accept-Encoding": "br"})
    assert sheet.headers["Content-Encoding"] == "br"
    assert brotli.decompress(sheet.data) == web.get(url("css/site.css")).data
    font = web.get(url("fonts/newsreader-normal.woff2"), headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in font.headers
    assert font.data == (ROOT / "static/fonts/newsreader-normal.woff2").read_bytes()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("fonts/newsreader-normal.woff2", "font/woff2"),
        ("js/site.js", "text/javascript; charset=utf-8"),
        ("fonts/OFL-newsreader.txt", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_says_what_it_is(web, url, path, expected):
    answer = web.get(url(path))
    assert answer.headers["Content-Type"] == expected
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_style_sheet_names_its_fonts_as_pages_do(web, url):
    sheet = web.get(url("css/site.css")).text
    assert url("fonts/newsreader-normal.woff2") in sheet
    assert "../fonts/" not in sheet


def test_a_script_is_served_without_its_lines_of_comment(web, url):
    lines = (ROOT / "static/js/site.js").read_text().splitlines()
    code = [line for line in lines if not line.strip().startswith("//")]
    assert web.get(url("js/site.js")).text.splitlines() == code != lines


def test_an_old_hash_leads_to_the_file_of_today(web, url):
    answer = web.get("/static/000000000000/css/site.css")
    assert (answer.status_code, answer.headers["Location"]) == (302, url("css/site.css"))
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_the_browser_has_is_not_sent_again(web, url):
    etag = web.get(url("css/site.css")).headers["ETag"]
    assert web.get(url("css/site.css"), headers={"If-None-Match": etag}).status_code == 304


def test_head_sends_no_body(web, url):
    answer = web.head(url("css/site.css"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.content_length > 1000


@pytest.mark.parametrize(
    "path",
    [
        "nothing.css", "000000000000/nothing.css", "", "css", "css/", ".", "..", "css/../../wsgi.py",
        "../pyproject.toml",
        "%2e%2e/wsgi.py", "..%2fwsgi.py", "css/%2e%2e/%2e%2e/wsgi.py", "/etc/passwd", "%2Fetc/passwd", ".git/config",
        "css/.hidden", "css/site.css%00", "css/site.css%00.png", "css//site.css", "css/./site.css", "css\\site.css",
        "..\\wsgi.py", "%ff%fe", "x" * 5000, "000000000000/../../wsgi.py", "css/site.css/", "css/site.css/x",
    ],
)  # fmt: skip
def test_nothing_else_is_served(web, path):
    answer = web.get(f"/static/{path}")
    assert answer.status_code in (308, 400, 404)
    assert b"create_app" not in answer.data
    assert b"[project]" not in answer.data


def test_a_file_takes_no_post(web):
    assert web.post("/static/css/site.css").status_code == 405


def test_a_changed_file_gets_a_new_address(tmp_path):
    assets = Assets(str(tmp_path))
    sheet = tmp_path / "a.css"
    sheet.write_text("a { color: red }")
    before = assets.url("a.css")
    sheet.write_text("a { color: blue }")
    after = assets.url("a.css")
    assert before != after
    assert assets.find(before.removeprefix("/static/")) is None
    assert assets.find(after.removeprefix("/static/"))


def test_a_file_that_is_not_there_gets_a_plain_address(url):
    assert url("css/none.css") == "/static/css/none.css"


def test_every_file_a_template_names_is_there():
    named = {name for page in (ROOT / "templates").rglob("*.*") for name in NAMED.findall(page.read_text())}
    assert named
    assert [name for name in sorted(named) if not (ROOT / "static" / name).is_file()] == []
