"""The picture a page is shared with."""

from pathlib import Path

from flask import current_app


def social_card(slug: str) -> str:
    """The name of the picture in static/social made for this page; the site's own when there is none."""
    picture = Path(current_app.static_folder or "") / "social" / f"{slug}.png"
    return slug if picture.is_file() else "default"
