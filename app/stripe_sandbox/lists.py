"""Lists: newest first, filtered and paged by cursor. https://docs.stripe.com/api/pagination."""

from collections.abc import Callable, Iterable
from typing import Any

from app.stripe_sandbox.errors import ParameterError
from app.stripe_sandbox.parameters import Params
from app.stripe_sandbox.store import Object

PAGING = frozenset({"limit", "starting_after", "ending_before", "expand"})
COMPARISONS = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def list_object(url: str, data: list[Object], has_more: bool = False) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def page(url: str, objects: Iterable[Object], params: Params, keep: Callable[[Object], bool] | None = None) -> Object:
    """One page of `objects`, which come newest first, of those to `keep`; parameters not about paging are filters.

    The cursor need not pass them: an event that was delivered since the page before still says where that one ended.
    """
    limit, every = _limit(params.get("limit", 10)), list(objects)
    if cursor := params.get("ending_before"):
        every = every[: _position(every, cursor, "ending_before")]
    elif cursor := params.get("starting_after"):
        every = every[_position(every, cursor, "starting_after") + 1 :]
    found = [obj for obj in every if matches(obj, params) and (not keep or keep(obj))]
    nearest = found[-limit:] if "ending_before" in params else found[:limit]
    return list_object(url, nearest, len(found) > limit)


def matches(obj: Object, params: Params) -> bool:
    return all(_passes(obj.get(name), wanted) for name, wanted in params.items() if name not in PAGING)


def _passes(value: Any, wanted: Any) -> bool:
    """Equal; within a range such as {"gte": 1}; or equal in each given part."""
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    if wanted.keys() <= COMPARISONS.keys():
        return value is not None and all(COMPARISONS[name](value, bound) for name, bound in wanted.items())
    return isinstance(value, dict) and all(value.get(name) == part for name, part in wanted.items())


def _limit(limit: int) -> int:
    if 1 <= limit <= 100:
        return limit
    bound = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
    message = f"This value must be {bound} (it currently is '{limit}')."
    raise ParameterError(message, "limit", "parameter_invalid_integer")


def _position(objects: list[Object], cursor: str, param: str) -> int:
    for position, obj in enumerate(objects):
        if obj["id"] == cursor:
            return position
    raise ParameterError(f"No such object: '{cursor}'", param, "resource_missing")
