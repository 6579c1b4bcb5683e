"""Bar charts, drawn on the server as plain shapes. What they show stands beside them as a table, too."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 720.0, 160.0
LOWEST = 1.5  # So that one among ten thousand is seen.
FILLED, WIDEST = 0.8, 32.0


class Bar(NamedTuple):
    """One bar, in the units of the drawing. `series` counts from 1; `words` say what it stands for."""

    x: float
    y: float
    width: float
    height: float
    series: int
    words: str


class Chart(NamedTuple):
    title: str
    series: list[str]
    bars: list[Bar]
    highest: str
    first: str
    last: str

    @classmethod
    def of(cls, title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> "Chart":
        """A group of bars for each of `labels`, with a bar for each of `series`, which have as many numbers."""
        highest = max((number for numbers in series.values() for number in numbers), default=0)
        bars = [
            _bar(place, index, name, label, series[name][place], (len(labels), len(series), highest))
            for place, label in enumerate(labels)
            for index, name in enumerate(series)
            if series[name][place] > 0
        ]
        ends = (labels[0], labels[-1]) if labels else ("", "")
        return cls(title, list(series), bars, in_words(highest), *ends)


def in_words(number: float) -> str:
    """Such as "1,200" or "3.5"."""
    return f"{number:,.1f}".removesuffix(".0")


def _bar(place: int, index: int, name: str, label: str, number: float, scale: tuple[int, int, float]) -> Bar:
    groups, bars_in_group, highest = scale
    group = WIDTH / groups
    width = min(group * FILLED / bars_in_group, WIDEST)
    height = max(LOWEST, HEIGHT * number / highest)
    x = place * group + (group - width * bars_in_group) / 2 + index * width
    words = f"{label}: {in_words(number)} {name.lower()}"
    return Bar(round(x, 2), round(HEIGHT - height, 2), round(width, 2), round(height, 2), index + 1, words)
