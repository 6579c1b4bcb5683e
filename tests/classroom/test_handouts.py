"""Handouts: files of the course that say what stands on a page, from which its PDF is drawn."""

import pytest
import yaml

from app.classroom import content
from app.classroom.files import CourseFile
from app.content_files import ContentError
from app.extensions import db
from tests.classroom.test_content import import_again
from tests.enrollment.papers.conftest import read

__all__ = ["read"]  # A fixture.
PAGE = {
    "title": "Influence map",
    "lede": "One problem.",
    "foot": "No names.",
    "parts": [
        {"heading": "The problem", "hint": "No blame.", "lines": 2},
        {"columns": ["Who", "What"], "widths": [1, 3], "rows": [["Night nurses"], []]},
        [{"heading": "First", "items": ["Ask"]}, {"heading": "Then", "lines": 1}],
    ],
}


def write(folder, page=PAGE, name="page.yaml"):
    (folder / "course" / "files" / name).write_text(yaml.safe_dump(page), encoding="utf-8")


def kept() -> dict[str, int]:
    return {file.name: file.id for file in CourseFile.all_by_name().values() if file.name.startswith("page")}


def test_a_handout_becomes_a_pdf_of_one_page_once(lessons, tmp_path, read):
    write(lessons)
    import_again(lessons)
    first = kept()
    assert set(first) == {"page.pdf", "page.yaml"}
    CourseFile.named("page.pdf").write_to(tmp_path / "page.pdf")
    words = read((tmp_path / "page.pdf").read_bytes())
    for said in ("Influence map", "One problem.", "No names.", "No blame.", "Night nurses", "• Ask", "Then"):
        assert said in words
    assert words.count("\f") == 1
    content.export_to(tmp_path / "out")
    assert {path.name for path in (tmp_path / "out" / "course" / "files").glob("page*")} == {"page.yaml"}
    import_again(tmp_path / "out")
    assert kept() == first
    write(lessons, PAGE | {"lede": "Two problems."})
    import_again(lessons)
    assert not kept().items() & first.items()
    (lessons / "course" / "files" / "page.yaml").unlink()
    import_again(lessons)
    assert kept() == {}


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("words", "it is no handout"),
        (PAGE | {"parts": [{"head": "The problem"}]}, "there is no head"),
        (PAGE | {"parts": [{"columns": ["Who"], "widths": [0]}]}, "a number for each column"),
        (PAGE | {"parts": [{"columns": ["Who"], "rows": [["Ada", "Ida"]]}]}, "no row more cells"),
        (PAGE | {"parts": [{"lines": "many"}]}, "it is no handout"),
        (PAGE | {"parts": [{"lines": 10**9}]}, "does not fit on a page"),
    ],
)
def test_what_is_none_or_does_not_fit_is_explained(lessons, page, said):
    write(lessons, page)
    with pytest.raises(ContentError, match=f"page.yaml: .*{said}"):
        content.import_from(lessons)
    db.session.rollback()


def test_a_pdf_is_not_both_drawn_and_brought_along(lessons):
    write(lessons, name="map.yaml")
    with pytest.raises(ContentError, match=r"map\.pdf is drawn from it"):
        content.import_from(lessons)
