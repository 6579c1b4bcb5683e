"""What of a mail cannot be read where the reader's device is dark: its colors there, worked out as a mail program does.

Only colors and grounds are followed, through inline styles, `bgcolor`, and the rules of style blocks outside @media and
under `prefers-color-scheme: dark` (CSS Cascading Level 4 §6). Selectors may be made of tags, classes, ids, and blanks.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from PIL import ImageColor

from app.newsletter.checking.mail_html import Element

LEAST_CONTRAST = 3.0  # WCAG 2.2 §1.4.3 asks as much of large text; under it, small text is as good as gone.
Color = tuple[int, ...]
# What Chromium and WebKit give a page that says `color-scheme: dark` and nothing else.
GROUND: Color = (18, 18, 18)
INK: Color = (255, 255, 255)
LINK: Color = (158, 158, 255)

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark")
_SIMPLE = re.compile(r"[\w-]*(?:[.#][\w-]+)*|\*")
_COLOR = re.compile(r"#[0-9a-f]{3,8}\b|(?:rgb|hsl)a?\([^)]*\)|\b[a-z]+\b", re.IGNORECASE)


class Faint(NamedTuple):
    """Words that are hard to see, and how much they stand out from their ground, from 1 (not at all) to 21."""

    words: str
    contrast: float


class Step(NamedTuple):
    """What one element of a selector is asked for: its tag, if any, and its classes and id as ".name" and "#name"."""

    tag: str
    marks: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "Step":
        tag, *marks = re.split(r"(?=[.#])", text)
        return cls(tag.replace("*", "").lower(), frozenset(marks))

    def fits(self, element: Element) -> bool:
        return self.tag in ("", element.tag) and self.marks <= element.marks


class Rule(NamedTuple):
    """`selector` is a way down the tree; `weight` says which of two rules wins."""

    selector: tuple[Step, ...]
    weight: tuple[int, int, int]
    declarations: dict[str, tuple[str, bool]]


def faint(found: list[Element]) -> list[Faint]:
    """The words that stand out too little in dark mode, one example for each pair of colors."""
    rules = list(_rules("".join(element.source for element in found if element.tag == "style")))
    styles = {element: _style_of(element, rules) for element in found}
    examples: dict[tuple[Color, Color], Faint] = {}
    for element in found:
        if not element.words or not element.is_seen or any(_is_hidden(styles[each]) for each in element.lineage()):
            continue
        ink, ground = _ink_of(element, styles), _ground_of(element, styles)
        if (ratio := contrast(ink, ground)) < LEAST_CONTRAST:
            examples.setdefault((ink, ground), Faint(element.words, ratio))
    return list(examples.values())


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.2, "contrast ratio"."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = (part / 255 for part in color)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rules(css: str) -> Iterator[Rule]:
    """The rules that hold in dark mode, each with one selector, in order."""
    for prelude, body in _blocks(_COMMENT.sub("", css)):
        if prelude.startswith("@"):
            if prelude.startswith("@media") and _DARK.search(prelude):
                yield from _rules(body)
            continue
        for selector in prelude.split(","):
            steps = selector.replace(">", " ").split()
            if steps and all(_SIMPLE.fullmatch(step) for step in steps):
                yield Rule(tuple(map(Step.of, steps)), _weight(selector), _declarations(body))


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    """What stands before and what within each outermost pair of braces."""
    depth = start = opened = 0
    for at, character in enumerate(css):
        if character == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif character == "}" and depth:
            depth -= 1
            if not depth:
                yield css[start:opened].strip(), css[opened + 1 : at]
                start = at + 1


def _weight(selector: str) -> tuple[int, int, int]:
    """Selectors Level 4 §17: ids, classes, tags."""
    return selector.count("#"), selector.count("."), len(re.findall(r"(?:^|[\s>])[a-z]", selector))


def _declarations(css: str) -> dict[str, tuple[str, bool]]:
    """Values by property, and whether each is `!important`."""
    declared = {}
    for part in css.split(";"):
        name, _, value = part.partition(":")
        value, marked, _ = value.partition("!")
        declared[name.strip().lower()] = (value.strip(), bool(marked))
    return declared


def _style_of(element: Element, rules: list[Rule]) -> dict[str, str]:
    """What is said of the element, by property. Where two say something of one, the last in the sorting wins."""
    said = [
        (important, 0, rule.weight, order, name, value)
        for order, rule in enumerate(rules)
        if _matches(rule.selector, element)
        for name, (value, important) in rule.declarations.items()
    ]
    said += [
        (important, 1, (0, 0, 0), 0, name, value)
        for name, (value, important) in _declarations(element.attributes.get("style", "")).items()
    ]
    hints = {"background-color": element.attributes.get("bgcolor", "")}
    if element.tag == "font":
        hints["color"] = element.attributes.get("color", "")
    style = {name: value for name, value in hints.items() if value}
    for *_, name, value in sorted(said, key=lambda saying: saying[:4]):
        style["background-color" if name == "background" else name] = value
    return style


def _matches(selector: tuple[Step, ...], element: Element) -> bool:
    if not selector[-1].fits(element):
        return False
    around = element.lineage()
    next(around)
    return all(any(step.fits(each) for each in around) for step in reversed(selector[:-1]))


def _is_hidden(style: dict[str, str]) -> bool:
    return (
        style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or style.get("opacity") == "0"
        or re.fullmatch(r"0(px|em|pt|%)?", style.get("font-size", "")) is not None
    )


def _ink_of(element: Element, styles: dict[Element, dict[str, str]]) -> Color:
    for each in element.lineage():
        if color := _color(styles[each].get("color", "")):
            return color
        if each.tag == "a" and "href" in each.attributes:
            return LINK
    return INK


def _ground_of(element: Element, styles: dict[Element, dict[str, str]]) -> Color:
    grounds = (_color(styles[each].get("background-color", "")) for each in element.lineage())
    return next((ground for ground in grounds if ground), GROUND)


def _color(value: str) -> Color | None:
    """The color in a value; None for one that says no color of its own, such as "transparent" or "inherit"."""
    for word in _COLOR.findall(value):
        try:
            red, green, blue, *opacity = ImageColor.getrgb(word)
        except ValueError:
            continue
        if opacity != [0]:
            return red, green, blue
    return None
