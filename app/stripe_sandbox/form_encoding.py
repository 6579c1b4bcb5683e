"""Stripe's form encoding: `line_items[0][price]=p` stands for {"line_items": {"0": {"price": "p"}}}."""

import re
from typing import Any
from urllib.parse import parse_qsl

from app.stripe_sandbox.errors import NotBegun

NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
SEGMENT = re.compile(r"\[([^\[\]]*)\]")


def decode(encoded: str) -> dict[str, Any]:
    """The nested parameters; arrays are still dictionaries by index, since only the type tells them apart."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _put(params, _segments(name), value)
    return params


def _segments(name: str) -> list[str]:
    if not (match := NAME.fullmatch(name)):
        raise NotBegun(f"Invalid parameter name: {name}")
    return [match[1], *SEGMENT.findall(match[2])]


def _put(params: dict[str, Any], segments: list[str], value: str) -> None:
    *parents, last = segments
    place = params
    for segment in parents:
        place = place.setdefault(segment, {})
        if not isinstance(place, dict):
            raise NotBegun(f"Parameter {segments[0]} is given both as a value and as an object")
    place[last or str(len(place))] = value
