import pytest
from sqlalchemy import select

from app.classroom.files import CHUNK_BYTES, CourseFile
from app.classroom.streams import AT_ONCE_FOR_ONE, Slots, StoredFile
from app.extensions import db
from tests.classroom.conftest import RECORDING
from tests.classroom.test_content import import_again

TALK, MAP = "first/stand/files/talk.mp3", "first/stand/files/map.pdf"
SIZE = len(RECORDING)


def test_a_file_is_a_download_that_can_do_nothing_here(ada):
    answer = ada.get(MAP)
    assert (answer.status_code, answer.data) == (200, b"%PDF-1.7 a map")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="map.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_long_file_comes_piece_by_piece_and_whole(ada):
    answer = ada.get(TALK)
    assert (answer.status_code, answer.content_length, answer.data == RECORDING) == (200, SIZE, True)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=-5", SIZE - 5, SIZE - 1),
        (f"bytes={CHUNK_BYTES - 1}-{CHUNK_BYTES}", CHUNK_BYTES - 1, CHUNK_BYTES),
        (f"bytes={CHUNK_BYTES + 7}-", CHUNK_BYTES + 7, SIZE - 1),
        ("bytes=5-", 5, SIZE - 1),
        (f"bytes=0-{SIZE * 9}", 0, SIZE - 1),
        (f"bytes=-{SIZE * 9}", 0, SIZE - 1),
    ],
)
def test_a_range_is_what_was_asked_for(ada, asked, first, last):
    answer = ada.get(TALK, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.data == RECORDING[first : last + 1]
    assert answer.content_length == last + 1 - first


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE * 2}-{SIZE * 3}"])
def test_a_range_beyond_the_end_is_refused_with_the_length(ada, asked):
    answer = ada.get(TALK, headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=9-2", "bytes=10-5", "bytes=a-b", "nonsense"]
)
def test_what_is_no_single_range_of_bytes_gets_the_whole(ada, asked):
    answer = ada.get(MAP, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, b"%PDF-1.7 a map")


def test_a_download_goes_on_if_the_file_is_the_same_and_begins_anew_if_not(ada, lessons):
    whole = ada.get(TALK)
    tag, day = whole.headers["ETag"], whole.headers["Last-Modified"]
    for validator in (tag, day):
        assert ada.get(TALK, headers={"Range": "bytes=9-", "If-Range": validator}).status_code == 206
    assert ada.get(TALK, headers={"If-None-Match": tag}).status_code == 304
    (lessons / "course" / "files" / "talk.mp3").write_bytes(RECORDING[::-1])
    import_again(lessons)
    answer = ada.get(TALK, headers={"Range": "bytes=9-", "If-Range": tag})
    assert (answer.status_code, answer.data == RECORDING[::-1]) == (200, True)
    assert ada.get(TALK, headers={"If-None-Match": tag}).status_code == 200


def test_asking_for_the_headers_gives_them_without_the_bytes(ada):
    for headers, status, length in (({}, 200, SIZE), ({"Range": "bytes=1-4"}, 206, 4)):
        answer = ada.client.head(f"/learn/{TALK}", headers=headers)
        assert (answer.status_code, answer.content_length, answer.data) == (status, length, b"")


def test_no_part_of_another_file_is_sent_when_a_file_is_replaced_meanwhile(ada, lessons):
    stream = StoredFile(db.engine, CourseFile.named("talk.mp3"))
    assert next(stream) == RECORDING[:CHUNK_BYTES]
    db.session.rollback()
    (lessons / "course" / "files" / "talk.mp3").write_bytes(RECORDING[::-1])
    import_again(lessons)
    with pytest.raises(LookupError):
        next(stream)


def test_a_stream_reads_only_the_pieces_it_sends_and_holds_no_connection(ada):
    stream = StoredFile(db.engine, CourseFile.named("talk.mp3"))
    db.session.rollback()
    stream.seek(2 * CHUNK_BYTES + 3)
    before = db.engine.pool.checkedout()
    assert b"".join(stream) == RECORDING[2 * CHUNK_BYTES + 3 :]
    assert db.engine.pool.checkedout() == before


def test_only_so_many_long_files_are_sent_at_once(ada):
    slots = Slots(most=AT_ONCE_FOR_ONE + 1)
    assert [slots.take(1) for _ in range(AT_ONCE_FOR_ONE + 1)] == [True] * AT_ONCE_FOR_ONE + [False]
    assert [slots.take(2), slots.take(2), slots.take(1)] == [True, False, False]
    slots.give_back(1)
    assert slots.take(3)


def test_a_long_file_that_finds_no_slot_asks_to_come_again(ada, app):
    app.extensions["course_file_slots"] = Slots(most=1)
    under_way = ada.client.get(f"/learn/{TALK}", buffered=False)
    answer = ada.client.get(f"/learn/{TALK}")
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert ada.client.get(f"/learn/{MAP}").status_code == 200  # A short one needs none.
    assert ada.client.head(f"/learn/{TALK}").status_code == 200
    under_way.close()
    assert ada.client.get(f"/learn/{TALK}").status_code == 200
    del app.extensions["course_file_slots"]


def test_a_file_belongs_to_its_lesson(ada):
    assert db.session.scalar(select(CourseFile).filter_by(name="talk.mp3"))
    assert [ada.get(f"{lesson}/files/talk.mp3").status_code for lesson in ("first/stand", "first/map")] == [200, 404]
