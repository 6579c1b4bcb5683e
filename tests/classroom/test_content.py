import frontmatter
import pytest
from sqlalchemy import func, select

from app.classroom import content
from app.classroom.files import CHUNK_BYTES, LARGEST_BYTES, CourseFile, CourseFileChunk
from app.classroom.lessons import Lesson
from app.commands import STARTER, take_in
from app.content_files import ContentError
from app.enrollment import content as course_content
from app.extensions import db
from tests.classroom.conftest import FIRST, PLAIN, RECORDING, TEXT, write_lesson


def import_again(folder):
    content.import_from(folder)
    db.session.commit()


def lesson(slug="stand") -> Lesson:
    return db.session.scalars(select(Lesson).filter_by(slug=slug)).one()


def test_lessons_and_files_are_taken_in(lessons):
    first = lesson()
    assert (first.module.slug, first.position, first.title, first.duration_minutes) == ("first", 1, FIRST["title"], 20)
    assert [first.video, first.audio] == [FIRST["video"], "talk.mp3"]
    assert [first.downloads, first.worksheet, first.reflection, first.quiz] == [
        FIRST[key] for key in ("downloads", "worksheet", "reflection", "quiz")
    ]
    assert "<em>One</em>" in first.html
    assert (lesson("map").video, lesson("map").quiz) == (None, [])
    assert CourseFile.named("talk.mp3").size == len(RECORDING)
    largest = select(func.max(func.length(CourseFileChunk.data)))
    assert db.session.scalar(largest) == CHUNK_BYTES


def test_what_goes_out_is_what_came_in(lessons, tmp_path):
    content.export_to(tmp_path / "out")
    for path in (lessons / "course" / "lessons").rglob("*.md"):
        came, went = frontmatter.load(str(path)), frontmatter.load(str(tmp_path / "out" / path.relative_to(lessons)))
        empty = {key: None for key in ("video", "audio")} | {
            key: [] for key in ("downloads", "worksheet", "reflection", "quiz")
        }
        assert (went.metadata, went.content) == (empty | came.metadata, came.content)
    for path in (lessons / "course" / "files").iterdir():
        assert (tmp_path / "out" / path.relative_to(lessons)).read_bytes() == path.read_bytes()
    kept = {file.name: file.id for file in CourseFile.all_by_name().values()}
    import_again(tmp_path / "out")
    assert {file.name: file.id for file in CourseFile.all_by_name().values()} == kept


def test_the_starter_content_comes_back_as_it_went_out(app, tmp_path):
    take_in(STARTER)
    for room in (course_content, content):
        room.export_to(tmp_path)
    for path in sorted((STARTER / "course" / "lessons").rglob("*.md")):
        came, went = frontmatter.load(str(path)), frontmatter.load(str(tmp_path / path.relative_to(STARTER)))
        assert (went.metadata, went.content) == (came.metadata, came.content)


def test_a_lesson_that_is_gone_is_retired_and_comes_back_as_it_was(lessons):
    number = lesson().id
    path = lessons / "course" / "lessons" / "first" / "01-stand.md"
    path.unlink()
    import_again(lessons)
    assert lesson().is_retired
    content.export_to(lessons / "out")
    assert not (lessons / "out" / "course" / "lessons" / "first" / "01-stand.md").exists()
    write_lesson(lessons, "first/03-stand", FIRST | {"title": "Another title"})
    import_again(lessons)
    back = lesson()
    assert (back.id, back.is_retired, back.position, back.title) == (number, False, 3, "Another title")


def test_a_module_that_is_gone_takes_its_lessons_out_of_sight(lessons, tmp_path):
    course_content.export_to(tmp_path / "out")
    (module,) = (tmp_path / "out" / "course" / "modules").glob("02-*")
    text = module.read_text()
    module.unlink()
    course_content.import_from(tmp_path / "out")
    db.session.commit()
    content.export_to(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out" / "course" / "lessons").iterdir()] == ["first"]
    assert not lesson("ask").is_retired
    module.write_text(text)
    course_content.import_from(tmp_path / "out")
    assert [module.slug for module in lesson("ask").module.course.modules] == ["first", "second"]


def test_a_folder_without_lessons_leaves_them_and_a_file_that_is_gone_goes(lessons):
    (lessons / "course" / "lessons" / "first" / "01-stand.md").unlink()
    (lessons / "course" / "files" / "talk.mp3").unlink()
    import_again(lessons)
    assert sorted(CourseFile.all_by_name()) == ["map.pdf"]
    assert {row.file_id for row in db.session.scalars(select(CourseFileChunk))} == {CourseFile.named("map.pdf").id}
    for folder in ("lessons", "files"):
        (lessons / "course" / folder).rename(lessons / folder)
    import_again(lessons)
    assert [sorted(CourseFile.all_by_name()), lesson("map").is_retired] == [["map.pdf"], False]


def test_another_content_under_the_same_name_is_another_file(lessons):
    before = CourseFile.named("map.pdf").sha256
    (lessons / "course" / "files" / "map.pdf").write_bytes(b"%PDF-1.7 another map")
    import_again(lessons)
    assert CourseFile.named("map.pdf").sha256 != before
    content.export_to(lessons / "out")
    assert (lessons / "out" / "course" / "files" / "map.pdf").read_bytes() == b"%PDF-1.7 another map"


WORKSHEET, QUIZ = FIRST["worksheet"], FIRST["quiz"][0]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"title": None}, "title"),
        ({"summary": "x" * 301}, "summary"),
        ({"minutes": "twenty"}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"video": "http://example.org/video"}, "video"),
        ({"video": "javascript:alert(1)"}, "video"),
        ({"audio": "nowhere.mp3"}, "audio names 'nowhere.mp3'"),
        ({"audio": "map.pdf"}, "no recording"),
        ({"downloads": [{"title": "A", "file": "nowhere.pdf"}]}, "downloads names 'nowhere.pdf'"),
        ({"downloads": [{"file": "map.pdf"}]}, "downloads 1: it must have title, file"),
        ({"downloads": "map.pdf"}, "downloads must be a list"),
        ({"worksheet": [{"key": "Purpose", "label": "A", "lines": 1}]}, "worksheet 1: key holds 'Purpose'"),
        ({"worksheet": [WORKSHEET[0], WORKSHEET[1] | {"lines": 13}]}, "worksheet 2: lines is 13"),
        ({"worksheet": [WORKSHEET[0] | {"hint": "A"}]}, "may have help"),
        ({"worksheet": [WORKSHEET[0], WORKSHEET[0]]}, "the key 'purpose' is used twice"),
        ({"reflection": [{"key": "people", "question": "A?"}]}, "the key 'people' is used twice"),
        ({"reflection": [{"key": "a", "question": ""}]}, "reflection 1: question"),
        ({"quiz": [QUIZ | {"answer": 2}]}, "quiz 1: answer is 2"),
        ({"quiz": [QUIZ | {"answer": True}]}, "quiz 1: answer is True"),
        ({"quiz": [QUIZ | {"options": ["Only one"]}]}, "2 to 5"),
        ({"quiz": [QUIZ | {"options": ["One", 2]}]}, "quiz 1: options 2 is 2"),
        ({"quiz": [{key: QUIZ[key] for key in ("question", "options", "answer")}]}, "quiz 1: it must have"),
        ({"colour": "green"}, "unknown keys: colour"),
    ],
)
def test_a_fault_names_the_file_and_the_key_and_nothing_is_taken_in(lessons, change, says):
    write_lesson(lessons, "first/01-stand", FIRST | change)
    with pytest.raises(ContentError) as fault:
        take_in(lessons)
    assert says in str(fault.value)
    assert lesson().title == FIRST["title"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("third/01-lost", "there is no module of that name"),
        ("first/1-short", "two digits"),
        ("first/00-none", "two digits"),
        ("first/03-Capital", "two digits"),
        ("first/02-same", "its number is that of"),
        ("first/03-map", "two lessons 'map'"),
        ("stray", "folder of its module"),
    ],
)
def test_a_file_of_the_wrong_name_is_refused_by_name(folder, name, says):
    write_lesson(folder, name, PLAIN)
    with pytest.raises(ContentError) as fault:
        content.import_from(folder)
    assert says in str(fault.value)
    db.session.rollback()


@pytest.mark.parametrize(
    "name", ["Capital.pdf", "two words.pdf", "page.svg", "run.exe", "-dash.pdf", f"{'a' * 97}.pdf"]
)
def test_a_course_file_of_another_name_or_kind_is_refused(folder, name):
    (folder / "course" / "files" / name).write_bytes(b"something")
    with pytest.raises(ContentError, match=name):
        content.import_from(folder)
    db.session.rollback()


def test_a_course_file_has_to_hold_something_and_not_too_much(folder):
    path = folder / "course" / "files" / "large.mp4"
    path.touch()
    with pytest.raises(ContentError, match="empty"):
        content.import_from(folder)
    db.session.rollback()
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # It takes no room.
    with pytest.raises(ContentError, match="50 MB"):
        content.import_from(folder)
    db.session.rollback()
    path.unlink()
    path.mkdir()
    with pytest.raises(ContentError, match=r"large\.mp4: it is no file"):
        content.import_from(folder)
    db.session.rollback()


def test_lessons_need_a_course(app, tmp_path):
    write_lesson(tmp_path, "first/01-stand", PLAIN, TEXT)
    with pytest.raises(ContentError, match=r"course\.md"):
        content.import_from(tmp_path)
