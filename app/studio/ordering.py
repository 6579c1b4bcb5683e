"""The order that the owner gives to rows that have a position."""

from collections.abc import Sequence
from typing import Protocol


class Placed(Protocol):
    position: int


def move(rows: Sequence[Placed], row: Placed, direction: str) -> None:
    """Let `row` change places with the one before it, if `direction` is "up", or with the one after it."""
    ordered = list(rows)
    index = ordered.index(row)
    other = index - 1 if direction == "up" else index + 1
    if 0 <= other < len(ordered):
        ordered[index], ordered[other] = ordered[other], ordered[index]
    for position, each in enumerate(ordered, start=1):
        each.position = position
