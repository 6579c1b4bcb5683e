"""Every text in the front matter of every kind of content file: what its column cannot hold is refused by name."""

import shutil
from pathlib import Path

import frontmatter
import pytest
import yaml

from app.commands import STARTER, take_in
from app.content_files import ContentError
from app.extensions import db

UNFIT = {"too long": "x" * 3000, "nul": "a\0b", "half a character": "a\ud800b", "two lines": "a\u2028b"}


def one_of_each_kind():
    """The first file of each folder of the starter content, and of sequences also the file of a step."""
    kinds = {}
    for path in sorted(STARTER.rglob("*.md")):
        name = path.relative_to(STARTER)
        kinds.setdefault((name.parts[0], len(name.parts), path.name == "_sequence.md"), name)
    return list(kinds.values())


def texts_of(name):
    meta = frontmatter.loads((STARTER / name).read_text()).metadata
    return [key for key, value in meta.items() if isinstance(value, str)]


@pytest.fixture
def folder(tmp_path, name):
    """A copy of the starter content, or only of the kind of `name` where it can be taken in without the others."""
    kind = Path(name).parts[0]
    if kind in ("articles", "hubs"):
        return Path(shutil.copytree(STARTER, tmp_path / "content"))
    shutil.copytree(STARTER / kind, tmp_path / "content" / kind)
    return tmp_path / "content"


@pytest.mark.parametrize("unfit", UNFIT)
@pytest.mark.parametrize("name", one_of_each_kind(), ids=str)
def test_a_text_that_no_column_holds_is_refused_by_the_name_of_its_file(app, folder, name, unfit):
    path = folder / name
    whole = path.read_text()
    for key in texts_of(name):
        file = frontmatter.loads(whole)
        path.write_text(f"---\n{yaml.safe_dump(file.metadata | {key: UNFIT[unfit]})}---\n\n{file.content}\n")
        with pytest.raises(ContentError, match=path.name):
            take_in(folder)
        db.session.rollback()


@pytest.mark.parametrize(
    ("name", "key", "numbers"),
    [
        ("coaching/kinds/consultation.md", "duration_minutes", (0, 10**10, 1.5, True, 7)),
        ("coaching/coaches/sample-coach.md", "booking_window_days", (0, 10**10, 1.5, True)),
        ("sequences/newsletter-welcome/01-*.md", "delay_hours", (-1, 10**10, 1.5, True)),
    ],
)
def test_a_number_that_no_column_holds_is_refused_by_the_name_of_its_file(app, folder, name, key, numbers):
    (path,) = folder.glob(name)
    whole = path.read_text()
    for number in numbers:
        file = frontmatter.loads(whole)
        path.write_text(f"---\n{yaml.safe_dump(file.metadata | {key: number})}---\n\n{file.content}\n")
        with pytest.raises(ContentError, match=rf"{path.name}: {key}"):
            take_in(folder)
        db.session.rollback()
