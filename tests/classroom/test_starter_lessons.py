"""The lessons that a new site begins with."""

import re
from pathlib import Path

import frontmatter
import pytest

from app.classroom.handouts import draw, read
from app.markdown import raw_html, words

COURSE = Path(__file__).parents[2] / "app" / "starter" / "course"
LESSONS = sorted((COURSE / "lessons").glob("*/*.md"))


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_module_has_at_least_three():
    modules = {path.stem.partition("-")[2] for path in (COURSE / "modules").glob("*.md")}
    counted = {module: len(list((COURSE / "lessons" / module).glob("*.md"))) for module in modules}
    assert len(modules) == 6
    assert {module: count for module, count in counted.items() if count < 3} == {}


@pytest.mark.parametrize("path", LESSONS, ids=named)
def test_a_lesson_teaches_and_asks_for_practice(path):
    lesson = frontmatter.load(str(path))
    assert 600 <= words(lesson.content) <= 1100
    assert raw_html(lesson.content) == []
    assert re.findall(r"^## (A worked example|Try it at work|When it goes wrong)$", lesson.content, re.MULTILINE) == [
        "A worked example",
        "Try it at work",
        "When it goes wrong",
    ]
    assert "made up" in lesson.content  # Nobody takes an example for a case.
    assert lesson["worksheet"] and lesson["reflection"]


def test_every_sheet_is_used_fits_a_page_and_asks_nobody_for_anything():
    offered = {entry["file"] for path in LESSONS for entry in frontmatter.load(str(path))["downloads"]}
    sheets = list((COURSE / "files").iterdir())
    assert offered == {sheet.name.replace(".yaml", ".pdf") for sheet in sheets}
    for sheet in sheets:
        assert not re.search(r"https?:", sheet.read_text(encoding="utf-8"))
        if sheet.suffix == ".yaml":
            assert len(draw(read(sheet), "The Developing Doctor")) < 40_000


def test_the_right_answer_has_no_usual_place():
    answers = [entry["answer"] for path in LESSONS for entry in frontmatter.load(str(path))["quiz"]]
    assert max(answers.count(place) for place in set(answers)) <= len(answers) / 2
