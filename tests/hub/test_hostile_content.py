"""What is written in Markdown, by whoever got to write it, cannot run."""

from app.extensions import db
from app.hub.gathering import Hub
from tests.hub.conftest import Seen
from tests.hub.test_feeds import article

NASTY = """
<script>alert(1)</script> <img src=x onerror=alert(1)>

[one](javascript:alert(1)) [two](JaVaScRiPt:alert(1)) [three](&#106;avascript:alert(1)) [four](data:text/html,x)
[five](vbscript:x) <javascript:alert(1)> [six][ref] [seven](https://ok.example "\\" onmouseover=\\"alert(1)")

[ref]: javascript:alert(1)

![pic](https://ok.example/x.png "t" ) <iframe src="//evil.example"></iframe> <a href="https://x.example" onclick="x()">

## <b onclick=x>Heading</b> "quoted'

| <i onclick=x>a</i> |
|---|
| b |
"""


def test_an_article_cannot_run_anything(client, app):
    db.session.add(article(NASTY, title="<script>alert(2)</script>"))
    db.session.commit()
    for path in ("/articles/one", "/articles/", "/", "/search?q=alert"):
        seen = Seen(client.get(path).text)
        assert {script.get("type") for script in seen.scripts} <= {"module", "application/ld+json"}, path
        assert not [href for _, href in seen.links if href.lower().startswith(("javascript", "data", "vbscript"))], path
        assert not [name for name in seen.attributes if name.startswith("on") or name == "style"], path
        assert "iframe" not in seen.tags


def test_a_section_cannot_run_anything(client, starter):
    section = Hub.at("leadership-mentorship").sections[0]
    section.body = NASTY
    section.heading = "<script>alert(2)</script>"
    db.session.commit()
    page = client.get("/hubs/leadership-mentorship").text
    seen = Seen(page)
    assert "<script>alert" not in page
    assert "iframe" not in seen.tags
    assert not [name for name in seen.attributes if name.startswith("on")]
