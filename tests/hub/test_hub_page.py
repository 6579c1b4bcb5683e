"""Everything the hub promises is on its page, in its order."""

import pytest

from tests.hub.conftest import Seen

HUB = "/hubs/leadership-mentorship"

ARTICLES = [
    "Physician Leadership Coaching for Academic Doctors",
    "Coaching for Physicians Who Want to Stay in Medicine but Make It Sustainable",
    "Physician Career Coach vs Nonclinical Career Course: Which One Should You Choose?",
    "Coaching Physicians: The Power of Finding Your Person",
    "Coach, Therapist, Mentor, or Advisor?",
    "Physician Burnout, Moral Injury & Ordinary Joy",
    "Physician Career Growth & Nonclinical Paths",
    "7 Unconventional Ways Doctors Are Creating Autonomy Without Leaving Clinical Practice",
]
VIDEOS = [
    "Leadership Skills for Doctors: How to Build Influence in Healthcare",
    "Finding and Being a Mentor in Medicine",
    "How Coaching Transformed My Physician Career",
]
ORGANIZATIONS = [
    ("NEJM CareerCenter: Physician Mentorship", "https://www.nejmcareercenter.org/"),
    ("American Association for Physician Leadership (AAPL)", "https://www.physicianleaders.org/"),
    ("The Institute for Medical Leadership", "https://www.medleadership.com/"),
    ("American Medical Women's Association (AMWA)", "https://www.amwa-doc.org/"),
    ("ACGME", "https://www.acgme.org/"),
]
QUESTIONS = [
    "Why do physicians benefit from leadership training?",
    "How early should I find a mentor?",
    "How many mentors should I have?",
    "What's the difference between coaching and mentoring?",
    "Where can I find leadership training programs?",
]
HEADINGS = [
    "Physician Leadership & Mentorship",
    "Why Leadership & Mentorship Matter",
    "What Makes a Great Mentor?",
    "Leadership vs. Mentorship vs. Coaching vs. Therapy",
    "Benefits of Leadership Development & Mentorship",
    "Developing Your Leadership & Mentorship Skills",
    "Seek Formal Training",
    "Cultivate Mentorship Relationships",
    "Engage a Coach",
    "Practice Leadership Daily",
    "Resources & Next Steps",
    "Blog Posts from The Developing Doctor",
    "YouTube Videos",
    "External Resources",
    "Programs & Coaching",
    "Frequently Asked Questions",
    *QUESTIONS,
    "Conclusion & Next Steps",
]


def in_order(wanted, found):
    rest = iter(found)
    return all(each in rest for each in wanted)


@pytest.fixture
def page(client, starter):
    answer = client.get(HUB)
    assert answer.status_code == 200
    return answer


@pytest.fixture
def seen(page):
    return Seen(page.text)


def test_every_heading_is_there_in_its_order(seen):
    assert in_order(HEADINGS, seen.headings), seen.headings


def test_every_section_has_something_to_read(page):
    parts = page.text.split("<h2 id=")[1:]
    assert len([part for part in parts if len(Seen("<h2 id=" + part).text.split()) > 20]) >= 9


def test_every_article_is_listed_in_its_order_and_leads_to_it(client, page):
    listed = Seen(page.text.split("Blog Posts from The Developing Doctor")[1].split("YouTube Videos")[0]).links
    assert [words for words, _ in listed] == ARTICLES
    for words, href in listed:
        assert client.get(href).status_code == 200, words


def test_each_strategy_leads_to_its_articles(page):
    strategies = page.text.split("Seek Formal Training")[1].split('id="resources"')[0]
    linked = [words for words, _ in Seen(strategies).links if words in ARTICLES]
    assert linked == [ARTICLES[0], ARTICLES[4], ARTICLES[0], ARTICLES[1], ARTICLES[7]]


def test_a_video_without_an_id_leads_to_a_search_for_its_title(seen):
    videos = [(words.removesuffix(" (search on YouTube)"), href) for words, href in seen.links if "youtube" in href]
    assert [words for words, _ in videos] == VIDEOS
    assert videos[1][1] == ("https://www.youtube.com/results?search_query=Finding+and+Being+a+Mentor+in+Medicine")


def test_a_video_with_an_id_plays_on_click_and_links_without_script(client, folder, take_in):
    file = folder / "videos" / "finding-and-being-a-mentor-in-medicine.md"
    file.write_text(file.read_text().replace("youtube_id: null", 'youtube_id: "dQw4w9WgXcQ"'))
    take_in(folder)
    html = client.get(HUB).text
    assert '<a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ" rel="noopener">Finding and Being' in html
    assert 'data-video-id="dQw4w9WgXcQ"' in html
    assert "<iframe" not in html


def test_every_organization_is_linked_in_its_order(page, seen):
    assert in_order(ORGANIZATIONS, seen.links)
    for _, address in ORGANIZATIONS:
        assert f'<a href="{address}" rel="noopener">' in page.text


def test_the_roles_are_compared_in_a_table_that_names_its_columns(page):
    table = page.text.split('id="roles"')[1].split("</table>")[0]
    for role in ("Coach", "Mentor", "Advisor", "Therapist"):
        assert role in table
    assert 'data-label="Looks toward"' in table


def test_programs_lead_to_the_course_and_the_consultation(page):
    programs = Seen(page.text.split('id="programs"')[1].split('id="questions"')[0])
    assert {"/course/", "/coaching/"} <= {href for _, href in programs.links}
    assert "Physician Leadership & Career Course" in programs.text


def test_every_question_has_an_answer_of_its_own_address(page, seen):
    for slug in ("how-early-should-i-find-a-mentor", "how-many-mentors-should-i-have"):
        assert slug in seen.ids
    assert "Start in residency, or in medical school if you can." in seen.text


def test_the_way_through_the_page_leads_to_every_section(seen):
    anchors = [href[1:] for _, href in seen.links if href.startswith("#") and href != "#main"]
    assert in_order(["why", "mentor", "roles", "benefits", "skills", "resources", "programs", "questions"], anchors)
    assert set(anchors) <= set(seen.ids)


def test_no_address_on_the_page_is_used_twice(seen):
    assert len(seen.ids) == len(set(seen.ids))


def test_it_carries_the_sign_up_form(page):
    assert 'name="email"' in page.text


def test_what_is_shared_of_it_is_named(seen):
    assert seen.canonical == "http://localhost:8000/hubs/leadership-mentorship"
    assert seen.metas["og:url"] == seen.canonical
    assert seen.metas["og:title"].startswith("Physician Leadership & Mentorship")
    assert seen.metas["og:description"] == seen.metas["description"] != ""
    assert seen.metas["twitter:card"] == "summary_large_image"
    assert seen.metas["og:image"].startswith("http://localhost:8000/static/social/")


def test_it_is_the_same_for_everybody_and_sets_no_cookie(client, page):
    again = client.get(HUB, headers={"Cookie": "session=x", "User-Agent": "Another"})
    assert "Set-Cookie" not in page.headers
    assert again.data == page.data


def test_a_hub_nobody_wrote_is_not_found(client, starter):
    answer = client.get("/hubs/nothing")
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_the_home_page_leads_on(client, starter):
    seen = Seen(client.get("/").text)
    assert {HUB, "/articles/", "/guide", "/coaching/", "/course/"} <= {href for _, href in seen.links}
    assert "Become the doctor others look to" in seen.headings
    assert seen.canonical == "http://localhost:8000/"


def test_an_empty_site_has_a_home_page_all_the_same(client):
    assert client.get("/").status_code == 200
    assert client.get("/articles/").status_code == 200
    assert client.get("/guide").status_code == 404


@pytest.mark.parametrize("path", ["/guide", "/privacy", "/terms", "/accessibility"])
def test_the_fixed_pages_are_there(client, starter, path):
    seen = Seen(client.get(path).text)
    assert seen.canonical == f"http://localhost:8000{path}"
    assert len(seen.text.split()) > 200


def test_the_guide_sends_nobody_away_who_is_in_danger(client, starter):
    text = Seen(client.get("/guide").text).text
    for words in ("988", "coach", "mentor", "advisor", "therapist"):
        assert words in text
