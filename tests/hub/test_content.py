"""Content in and out of files: nothing lost, nothing changed without need, every mistake named."""

import filecmp

import frontmatter
import pytest
from sqlalchemy import func, select

from app.content_files import ContentError
from app.extensions import db
from app.hub import content
from app.hub.gathering import Hub
from app.hub.models import Article
from tests.hub.conftest import KINDS, STARTER, Seen, version

HUB = "hubs/leadership-mentorship.md"
ARTICLE = "articles/coach-therapist-mentor-or-advisor.md"
VIDEO = "videos/finding-and-being-a-mentor-in-medicine.md"
LINK = "links/acgme.md"
QUESTION = "questions/how-many-mentors-should-i-have.md"
HOME = "pages/home.md"


def files(folder):
    return {path.relative_to(folder) for kind in KINDS for path in (folder / kind).glob("*.md")}


def test_what_is_taken_in_comes_out_as_it_was(starter, tmp_path):
    content.export_to(tmp_path / "out")
    assert {path.parts[0] for path in files(tmp_path / "out")} == set(KINDS)
    assert files(tmp_path / "out") == files(STARTER)
    for path in files(STARTER):
        before, after = frontmatter.load(STARTER / path), frontmatter.load(tmp_path / "out" / path)
        assert after.metadata == before.metadata, path
        assert after.content == before.content, path


def test_what_came_out_gives_the_same_rows(starter, take_in, tmp_path):
    content.export_to(tmp_path / "out")
    before = version()
    take_in(tmp_path / "out")
    assert version() == before
    content.export_to(tmp_path / "again")
    for path in files(STARTER):
        assert filecmp.cmp(tmp_path / "out" / path, tmp_path / "again" / path, shallow=False), path


def test_an_empty_site_takes_in_what_another_gave_out(starter, take_in, tmp_path):
    content.export_to(tmp_path / "out")
    for table in reversed(db.metadata.sorted_tables):
        if table.name != "content_version":
            db.session.execute(table.delete())
    db.session.commit()
    db.session.expunge_all()
    take_in(tmp_path / "out")
    content.export_to(tmp_path / "again")
    assert files(tmp_path / "again") == files(STARTER)
    for path in files(STARTER):
        assert filecmp.cmp(tmp_path / "out" / path, tmp_path / "again" / path, shallow=False), path


def test_taking_in_the_same_again_changes_nothing(starter, take_in):
    before = version()
    partly_loaded = Article.newest_first()  # What was loaded only in part must not look changed.
    take_in(STARTER)
    assert version() == before
    assert len(partly_loaded) == 8


def test_a_changed_file_changes_its_row_and_makes_stored_pages_stale(folder, take_in):
    take_in(folder)
    before, rows = version(), db.session.scalar(select(func.count()).select_from(Article))
    file = folder / ARTICLE
    file.write_text(file.read_text().replace('title: "Coach, Therapist', 'title: "Friend, Coach, Therapist'))
    take_in(folder)
    assert version() == before + 1
    assert db.session.scalar(select(func.count()).select_from(Article)) == rows
    assert Article.at("coach-therapist-mentor-or-advisor").title.startswith("Friend")


def test_a_hub_gathers_in_the_order_of_its_file(folder, take_in):
    take_in(folder)
    file, slug = folder / HUB, "  - physician-leadership-coaching-for-academic-doctors\n"
    text = file.read_text().replace(slug, "", 1)
    file.write_text(text.replace("videos:\n", slug + "videos:\n"))
    take_in(folder)
    order = [article.slug for article in Hub.at("leadership-mentorship").articles]
    assert order[-1] == "physician-leadership-coaching-for-academic-doctors"
    assert len(order) == 8


def test_sections_can_be_moved_and_taken_out(folder, take_in):
    take_in(folder)
    post = frontmatter.load(folder / HUB)
    dropped, moved = post["sections"].pop(2), post["sections"].pop(0)
    post["sections"].append(moved)
    texts = post.content.split("\n## ")
    texts[0] = texts[0].removeprefix("## ")
    post.content = "\n\n".join("## " + text.strip() for text in [texts[1], *texts[3:], texts[0]])
    frontmatter.dump(post, folder / HUB)
    take_in(folder)
    headings = [section.heading for section in Hub.at("leadership-mentorship").sections]
    assert dropped["heading"] not in headings
    assert headings[-1] == moved["heading"] == "Why Leadership & Mentorship Matter"
    assert "cornerstones" in Hub.at("leadership-mentorship").sections[-1].body


def test_a_second_hub_is_a_matter_of_content(client, folder, take_in):
    (folder / "hubs" / "well-being.md").write_text(
        """---
title: Physician Well-Being
slug: well-being
eyebrow: Another hub
lede: Stay well.
description: What helps physicians stay well.
published: 2026-12-01
updated: 2026-12-02
articles: [physician-burnout-moral-injury-ordinary-joy]
links: [acgme]
questions: [how-many-mentors-should-i-have]
sections:
  - {heading: Why It Matters, anchor: why, short: Why, shows: text}
  - {heading: Where to Look, anchor: look, short: Look, shows: resources}
  - {heading: Asked, anchor: asked, short: Asked, shows: questions}
---

## Why It Matters

Because it does.

```
## Not a heading
```

## Where to Look

### To read

### To visit

## Asked
"""
    )
    take_in(folder)
    seen = Seen(client.get("/hubs/well-being").text)
    assert [heading for heading in seen.headings if heading in ("Why It Matters", "To read", "To visit", "Asked")] == [
        "Why It Matters",
        "To read",
        "To visit",
        "Asked",
    ]
    assert "## Not a heading" in seen.text
    assert ("ACGME", "https://www.acgme.org/") in seen.links
    assert "How many mentors should I have?" in seen.headings
    assert "/hubs/well-being" in {href for _, href in Seen(client.get("/").text).links}
    assert "http://localhost:8000/hubs/well-being" in client.get("/sitemap.xml").text


MISTAKES = [
    (HUB, "  - acgme\n", "  - acme\n", "links names 'acme'"),
    (HUB, "  - coach-therapist-mentor-or-advisor\n", "  - nobody-wrote-this\n", "articles names"),
    (HUB, "  - acgme\n", "  - acgme\n  - acgme\n", "twice"),
    (HUB, "  - acgme\n", "  - [acgme]\n", "links holds"),
    (HUB, "## Programs & Coaching\n", "", "'Programs & Coaching' has no part"),
    (HUB, "## Programs & Coaching\n", "## Programs & Coaching\n\n## More\n", "More is not among the sections"),
    (HUB, "## Why Leadership & Mentorship Matter\n", "Hello.\n\n## Why Leadership & Mentorship Matter\n", "before the"),
    (HUB, "### External Resources\n", "", "has 2 ### headings for the 3 lists"),
    (HUB, "shows: roles", "shows: rolls", "shows is 'rolls'"),
    (HUB, "anchor: mentor", "anchor: why", "anchor names 'why' twice"),
    (HUB, "    short: Questions\n", "", "each of sections must have"),
    (ARTICLE, "slug: coach-therapist", "slug: Coach Therapist", "slug holds"),
    (ARTICLE, "published: 2026-11-23", "published: soon", "published is 'soon'"),
    (ARTICLE, "published: 2026-11-23", "published: 2026-11-23 10:00:00", "published is datetime"),
    (ARTICLE, "hub: leadership-mentorship", "hub: leadership", "hub names 'leadership'"),
    (ARTICLE, "topic: mentorship", "", "lacks topic"),
    (ARTICLE, "topic: mentorship", "topic: mentorship\ntopics: x", "unknown keys: topics"),
    (ARTICLE, "topic: mentorship", "topic: [a]", "topic is ['a']"),
    (ARTICLE, "related:\n", "related:\n  - coach-therapist-mentor-or-advisor\n", "the article itself"),
    (ARTICLE, "\n## ", "\n[Look](javascript:alert(1))\n\n## ", "javascript:"),
    (ARTICLE, "\n## ", "\n\x08\n\n## ", "control character"),
    (ARTICLE, "title: ", "title: [", "cannot be read"),
    (VIDEO, "youtube_id: null", "youtube_id: 12345678901", "youtube_id is 12345678901"),
    (VIDEO, "youtube_id: null", 'youtube_id: "../evil"', "youtube_id is '../evil'"),
    (LINK, "https://www.acgme.org/", "javascript:alert(1)", "url is 'javascript:alert(1)'"),
    (LINK, "https://www.acgme.org/", "www.acgme.org", "url is 'www.acgme.org'"),
    (LINK, "https://www.acgme.org/", "https://[broken", "url is"),
    (LINK, "Guidelines and", "x" * 500 + " and", "at most 500"),
    (QUESTION, 'title: "How many', 'title: ""\nx: "', "unknown keys"),
    (QUESTION, "How many mentors should I have?", " ", "title is ' '"),
    (HOME, "href: /coaching/", "href: //evil.example/", "href '//evil.example/'"),
    (HOME, "href: /coaching/", "href: javascript:alert(1)", "href 'javascript:alert(1)'"),
    ("pages/privacy.md", "sample: true", "sample: maybe", "sample is 'maybe'"),
]


@pytest.mark.parametrize(("path", "right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_named_with_its_file(app, folder, path, right, wrong, said):
    file = folder / path
    assert right in file.read_text()
    file.write_text(file.read_text().replace(right, wrong, 1))
    with pytest.raises(ContentError) as refused:
        content.import_from(folder)
    assert str(file) in str(refused.value)
    assert said in str(refused.value)


def test_a_slug_used_twice_is_named_with_both_its_files(app, folder):
    (folder / LINK).with_name("zz.md").write_text((folder / LINK).read_text())
    with pytest.raises(ContentError, match=r"zz\.md: its slug 'acgme' is that of acgme\.md too"):
        content.import_from(folder)


def test_a_refused_folder_leaves_nothing_behind(app, folder):
    (folder / LINK).write_text("---\ntitle: x\n---\n")
    with pytest.raises(ContentError):
        content.import_from(folder)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Article)) == 0


def test_a_folder_with_nothing_in_it_changes_nothing(starter, take_in, tmp_path):
    before = version()
    take_in(tmp_path)
    assert version() == before
