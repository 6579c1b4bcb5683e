import re

import pytest

from tests.hub.conftest import STARTER, Seen

SLUGS = sorted(path.stem for path in (STARTER / "articles").glob("*.md"))


@pytest.mark.parametrize("slug", SLUGS)
def test_an_article_is_whole(client, starter, slug):
    answer = client.get(f"/articles/{slug}")
    seen = Seen(answer.text)
    assert answer.status_code == 200
    text = Seen(answer.text.split('<div class="text">')[1].split('<p class="small soft">')[0]).text
    assert len(text.split()) >= 700
    assert re.search(r"\d+ minutes", seen.text)
    assert "Updated" in seen.text
    assert '<time datetime="2026-11-23">November 23, 2026</time>' in answer.text
    assert "/hubs/leadership-mentorship" in {href for _, href in seen.links}
    assert "Read next" in seen.headings
    assert 'name="email"' in answer.text
    assert seen.canonical == f"http://localhost:8000/articles/{slug}"
    assert seen.metas["og:type"] == "article"
    assert len(seen.ids) == len(set(seen.ids))


def test_every_link_of_every_article_leads_somewhere(client, whole_site):
    pages: dict[str, Seen] = {}
    for slug in SLUGS:
        here = f"/articles/{slug}"
        for words, href in Seen(client.get(here).text).links:
            path, _, anchor = href.partition("#")
            if not href.startswith(("/", "#")) or path.startswith("/feed."):
                continue
            path = path or here
            if path not in pages:
                answer = client.get(path)
                assert answer.status_code == 200, (slug, words, href)
                pages[path] = Seen(answer.text)
            assert not anchor or anchor in pages[path].ids, (slug, words, href)


def test_readers_are_led_through_the_hub_in_its_order(client, starter):
    def turn(slug):
        nav = client.get(f"/articles/{slug}").text.split('aria-label="Other articles"')[1]
        return [href for _, href in Seen("<nav" + nav.split("</nav>")[0]).links]

    assert turn("physician-leadership-coaching-for-academic-doctors") == [
        "/articles/coaching-for-physicians-who-want-to-stay-in-medicine-but-make-it-sustainable"
    ]
    assert turn("coach-therapist-mentor-or-advisor") == [
        "/articles/coaching-physicians-the-power-of-finding-your-person",
        "/articles/physician-burnout-moral-injury-ordinary-joy",
    ]


def test_what_to_read_next_keeps_the_order_of_its_author(client, starter):
    page = client.get("/articles/physician-leadership-coaching-for-academic-doctors").text
    related = [href for _, href in Seen(page.split('id="related"')[1].split("</ul>")[0]).links]
    assert related == [
        "/articles/coach-therapist-mentor-or-advisor",
        "/articles/coaching-physicians-the-power-of-finding-your-person",
        "/articles/physician-career-growth-nonclinical-paths",
    ]


def test_the_list_shows_every_article_the_newest_first(client, folder, take_in):
    late = folder / "articles" / "coach-therapist-mentor-or-advisor.md"
    late.write_text(late.read_text().replace("published: 2026-11-23", "published: 2026-12-01"))
    take_in(folder)
    listed = [href for _, href in Seen(client.get("/articles/").text).links if href.startswith("/articles/")]
    assert {f"/articles/{slug}" for slug in SLUGS} <= set(listed)
    assert next(href for href in listed if href != "/articles/") == "/articles/coach-therapist-mentor-or-advisor"


def test_an_article_nobody_wrote_is_not_found(client, starter):
    assert client.get("/articles/nothing").status_code == 404
    assert client.get("/articles/" + "x" * 5000).status_code in (404, 414)
    assert client.get("/articles/%00").status_code in (400, 404)


def test_an_article_of_no_hub_stands_alone(client, folder, take_in):
    slug = "coach-therapist-mentor-or-advisor"
    file = folder / "articles" / f"{slug}.md"
    file.write_text(file.read_text().replace("hub: leadership-mentorship\n", ""))
    take_in(folder)
    seen = Seen(client.get(f"/articles/{slug}").text)
    assert ("Articles", "/articles/") in seen.links
