"""Photographs the social cards: `python tools/social_cards.py` after a title, a drawing or a color changed.

Needs Chromium (CHROMIUM names another than /usr/bin/chromium). The pictures are kept in static/social/ and
committed, so that a site needs no browser to run. With Pillow installed they are cut to a palette.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import frontmatter
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
STARTER, STATIC = ROOT / "app" / "starter", ROOT / "static"
SIZE = {"width": 1200, "height": 630}


def cards() -> Iterator[tuple[str, str, str]]:
    """Slug, kind and title of every card."""
    yield "default", "For physicians who want to lead", "Lead, find mentors, stay well in medicine"
    kinds = {"hubs": "A hub for physicians", "articles": "Article", "course": "A live course"}
    for folder, kind in kinds.items():
        for path in sorted((STARTER / folder).glob("*.md")):
            piece = frontmatter.load(str(path))
            yield str(piece["slug"]), kind, str(piece["title"])


def photograph(browser: Browser, page_html: str, target: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".html", dir=ROOT, delete=False) as file:
        file.write(page_html)
    try:
        page = browser.new_page(viewport=SIZE)
        page.goto(Path(file.name).as_uri())
        page.evaluate("document.fonts.ready")
        page.screenshot(path=target)
        page.close()
    finally:
        Path(file.name).unlink()
    make_smaller(target)


def make_smaller(target: Path) -> None:
    try:
        from PIL import Image
    except ImportError:
        return
    Image.open(target).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)


def icon(browser: Browser, pixels: int, target: Path, background: str) -> None:
    """A PNG of the favicon, for browsers and home screens that want one."""
    page = browser.new_page(viewport={"width": pixels, "height": pixels})
    svg = (STATIC / "img" / "favicon.svg").read_text()
    inset = 0 if background == "transparent" else pixels // 7
    page.set_content(
        f"<style>body{{margin:0;padding:{inset}px;background:{background}}}svg{{display:block}}</style>{svg}"
    )
    page.screenshot(path=target, omit_background=True)
    page.close()


def main() -> None:
    template = Environment(loader=FileSystemLoader(ROOT / "templates"), autoescape=True).get_template(
        "social_card.html"
    )
    (STATIC / "social").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        for slug, kind, title in cards():
            html = template.render(kind=kind, title=title, static=STATIC.as_uri())
            photograph(browser, html, STATIC / "social" / f"{slug}.png")
        icon(browser, 32, STATIC / "img" / "favicon-32.png", "transparent")
        icon(browser, 180, STATIC / "img" / "apple-touch-icon.png", "#fbf9f4")
        browser.close()


if __name__ == "__main__":
    main()
