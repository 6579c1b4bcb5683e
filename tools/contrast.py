"""Checks the colors of static/css/site.css: 4.5:1 for text, 3:1 for edges of controls (WCAG 2.2 §1.4.3, §1.4.11)."""

import re
import sys
from pathlib import Path

CSS = Path(__file__).resolve().parent.parent / "static" / "css" / "site.css"
GROUNDS = ("paper", "raised", "tint")
TEXT = [(ink, ground) for ink in ("ink", "soft", "green", "clay") for ground in GROUNDS] + [
    ("on-green", "green"),
    ("on-green", "deep"),
    ("on-gold", "gold"),
    ("on-panel", "panel"),
    ("on-panel-soft", "panel"),
    ("paper", "clay"),
]
EDGES = [("edge", ground) for ground in GROUNDS] + [("green", ground) for ground in GROUNDS] + [("gold", "panel")]


def schemes(css: str) -> dict[str, dict[str, str]]:
    """The colors of both schemes by token; the dark one changes only some."""
    blocks = re.findall(r":root \{(.*?)\n *\}", css, re.DOTALL)[:2]
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})\b", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def luminance(color: str) -> float:
    digits = color.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def failures() -> list[str]:
    """One line for each pair that is too faint."""
    return [
        f"{scheme}: {front} on {back} is {ratio:.2f}, needs {least}"
        for scheme, colors in schemes(CSS.read_text()).items()
        for pairs, least in ((TEXT, 4.5), (EDGES, 3.0))
        for front, back in pairs
        if (ratio := contrast(colors[front], colors[back])) < least
    ]


if __name__ == "__main__":
    found = failures()
    print("\n".join(found) or "Every pair of colors has contrast enough.")
    sys.exit(bool(found))
