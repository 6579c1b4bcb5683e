"""Covers: what is taken in, and how it is served."""

from io import BytesIO

import pytest
from PIL import Image

from app.extensions import db
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import LARGEST_BYTES, Picture, PictureError


def file_of(kind, size=(60, 40), mode="RGB", **options):
    written = BytesIO()
    Image.new(mode, size, options.pop("color", 0)).save(written, kind, **options)
    return written.getvalue()


def opened(picture):
    return Image.open(BytesIO(picture.data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_kind_is_taken_and_kept_in_a_plain_one(app, kind):
    picture = Picture.taken_from(file_of(kind))
    assert opened(picture).format == {"jpg": "JPEG", "png": "PNG"}[picture.name.rpartition(".")[2]]
    assert (picture.width, picture.height) == (60, 40)


def test_a_wide_picture_is_made_smaller_and_what_the_camera_wrote_is_left_out(app):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "Dr. Example, at home", 6  # A note, and "turn me by 90 degrees".
    picture = Picture.taken_from(file_of("JPEG", (4000, 3000), exif=exif.tobytes()))
    assert (picture.width, picture.height) == (1200, 1600)
    assert b"at home" not in picture.data
    assert not opened(picture).getexif()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_turned_drawing_is_made_smaller_whatever_its_colors_are_kept_as(app, mode):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Picture.taken_from(file_of("PNG", (1500, 2400), mode, exif=exif.tobytes()))
    assert (picture.width, picture.height) == (1200, 750)
    assert opened(picture).size == (1200, 750)


def test_what_can_be_seen_through_stays_so(app):
    picture = Picture.taken_from(file_of("PNG", mode="RGBA"))
    assert picture.content_type == "image/png"
    assert opened(picture).getpixel((0, 0))[3] == 0


def bomb():
    """A PNG that says it has ten thousand million pixels."""
    small = bytearray(file_of("PNG", (1, 1)))
    small[16:24] = (100_000).to_bytes(4, "big") * 2
    return bytes(small)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        file_of("PNG")[:60],
        file_of("BMP"),
        bomb(),
        file_of("PNG", (3000, 2700), mode="1"),
        file_of("JPEG", (5100, 5000), mode="L"),
        file_of("PNG") + b"\0" * LARGEST_BYTES,
    ],
    ids=["nothing", "cut off", "svg", "eps", "half", "bmp", "bomb", "too many pixels", "even of a JPEG", "too large"],
)
def test_anything_else_is_refused_in_words(app, data):
    with pytest.raises(PictureError, match=r"picture|smaller"):
        Picture.taken_from(data)


def test_a_picture_is_served_for_ever_and_everywhere_as_what_it_is(app, client):
    picture = Picture.taken_from(file_of("PNG"))
    again = Picture.taken_from(file_of("PNG"))
    db.session.commit()
    assert again.name == picture.name
    answer = client.get(picture.path)
    assert answer.data == picture.data
    assert answer.headers["Content-Type"] == picture.content_type
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert client.get("/newsletter/pictures/0.png").status_code == 404


def test_a_mail_shows_the_cover_by_its_full_address_and_size(app):
    picture = Picture.taken_from(file_of("JPEG", (1088, 500)))
    issue = Issue(id=1, title="One", subject="One", preview="", cover=picture.path, cover_alt='A "path"', body="Words.")
    _, _, html = compose(issue).filled({})
    assert f'src="http://localhost:8000{picture.path}"' in html
    assert 'width="544"' in html
    assert 'height="250"' in html
    assert "A &quot;path&quot;" in html
