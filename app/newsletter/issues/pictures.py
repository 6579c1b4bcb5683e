"""Covers of issues: taken in as they come, kept in one of two plain formats, served to mail programs everywhere."""

import struct
import warnings
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import ClassVar, NamedTuple

from PIL import Image, ImageOps
from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.extensions import Model, db
from app.urls import absolute

LARGEST_BYTES = 5 * 1024 * 1024
# Decoded, a pixel fills up to four bytes, whatever little the file weighs. A JPEG may be as large as the camera of a
# phone makes it, because it can be decoded at a fraction of its size.
MOST_PIXELS = {"JPEG": 25_000_000}
MOST_PIXELS_OTHERWISE = 8_000_000
SHRINKABLE = ("L", "LA", "RGB", "RGBA", "CMYK")
WIDEST = 1200
IN_A_MAIL = 544
PATH = "/newsletter/pictures/"
NOT_A_PICTURE = "This is no picture we can read. Choose a PNG, JPEG, WebP or GIF file."
ORIENTATION, TURNED = 0x0112, range(5, 9)
_TAKEN = ("PNG", "JPEG", "WEBP", "GIF")
_UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError, Warning)


class PictureError(ValueError):
    """The file cannot be taken in. The message is for the owner."""


class Picture(Model):
    """A picture, named after what is in it."""

    KINDS: ClassVar[dict[str, str]] = {"jpg": "image/jpeg", "png": "image/png"}

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def path(self) -> str:
        return f"{PATH}{self.name}"

    @property
    def content_type(self) -> str:
        return self.KINDS[self.name.rpartition(".")[2]]

    @classmethod
    def taken_from(cls, data: bytes) -> "Picture":
        """The picture in a file, at most WIDEST wide and without what a camera writes beside it.

        Of one that moves the first frame. Raises PictureError.
        """
        if len(data) > LARGEST_BYTES:
            raise PictureError("This file is larger than 5 MB. Choose a smaller one.")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            try:
                image, is_drawn = _decoded(data)
            except PictureError:
                raise
            except _UNREADABLE:
                raise PictureError(NOT_A_PICTURE) from None
        kept, ending = _encoded(image, is_drawn)
        name = f"{sha256(kept).hexdigest()[:32]}.{ending}"
        return db.session.merge(cls(name=name, width=image.width, height=image.height, data=kept))


class Cover(NamedTuple):
    """A picture as a mail shows it: where it lies, and how large it stands."""

    url: str
    width: int = IN_A_MAIL
    height: int | None = None

    @classmethod
    def at(cls, path: str) -> "Cover | None":
        """The cover of this path of the site, or of a full address elsewhere; None when there is none."""
        if not path.startswith(PATH):
            return cls(path) if path else None
        size = select(Picture.width, Picture.height).where(Picture.name == path.removeprefix(PATH))
        if (found := db.session.execute(size).one_or_none()) is None:
            return None
        width = min(found.width, IN_A_MAIL)
        return cls(absolute(path), width, round(found.height * width / found.width))


def _decoded(data: bytes) -> tuple[Image.Image, bool]:
    """The picture in `data` upright and small enough, and whether it is of a format for drawings."""
    with Image.open(BytesIO(data), formats=_TAKEN) as image:
        most = MOST_PIXELS.get(image.format or "", MOST_PIXELS_OTHERWISE)
        if image.width * image.height > most:
            raise PictureError(
                f"This picture has more than {most // 10**6} million pixels. Choose or make a smaller one."
            )
        is_drawn = image.format in ("PNG", "GIF")
        image.draft("RGB", (WIDEST, WIDEST))
        plain: Image.Image = image
        if image.mode in SHRINKABLE:  # What is small first takes little memory in all that follows.
            plain = _shrunk(image, is_turned=image.getexif().get(ORIENTATION, 1) in TURNED)
        ImageOps.exif_transpose(plain, in_place=True)
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    return _shrunk(plain), is_drawn


def _shrunk(image: Image.Image, *, is_turned: bool = False) -> Image.Image:
    """At most WIDEST wide; `is_turned` if what is its height now will be its width."""
    factor = WIDEST / (image.height if is_turned else image.width)
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(image: Image.Image, is_drawn: bool) -> tuple[bytes, str]:
    """The picture's bytes and the ending of its name: whichever format serves it better."""
    if image.mode == "RGBA":
        return _saved(image, "PNG"), "png"
    photo = _saved(image, "JPEG", quality=84, progressive=True)
    drawing = _saved(image, "PNG") if is_drawn else photo
    return (drawing, "png") if len(drawing) < len(photo) else (photo, "jpg")


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    written = BytesIO()
    image.save(written, kind, optimize=True, **options)
    return written.getvalue()
