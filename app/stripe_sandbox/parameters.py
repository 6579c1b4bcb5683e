"""Request parameters, checked against the library's own TypedDicts (`stripe.params`).

They are generated from Stripe's OpenAPI description, so what they refuse Stripe refuses: typing errors, removed
parameters, wrong kinds, missing nested ones. Enumerations are taken as closed, as the server takes them.
"""

import types
import typing
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin

import typing_extensions
from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject

from app.stripe_sandbox.errors import ParameterError

Params = dict[str, Any]
LONGEST_STRING = 5000
METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500
NOT_SENT = frozenset(RequestOptions.__annotations__)  # Options of the library's call, never on the wire.


def check(params: Params, shape: type) -> Params:
    """`params` as decoded from the form, with integers, booleans and lists for strings. Raises ParameterError."""
    return _object(params, shape, "")


def metadata_of(params: Params) -> Params:
    """The metadata of a new object: an empty value sets nothing."""
    return {key: value for key, value in (params.get("metadata") or {}).items() if value}


def merged_metadata(before: Params, params: Params) -> Params:
    """`before` after an update: merged key by key; an empty value unsets its key, empty metadata all of them."""
    if (given := params.get("metadata", {})) == "":
        return {}
    return {key: value for key, value in (before | given).items() if value}


@lru_cache
def _hints(shape: type) -> dict[str, Any]:
    # The names that RequestOptions refers to are not importable from the module of the shape that inherits them.
    names = {"StripeContext": object, "Mapping": Mapping}
    hints = typing_extensions.get_type_hints(shape, localns=names, include_extras=True)
    return {name: _bare(hint) for name, hint in hints.items() if name not in NOT_SENT}


def _bare(hint: Any) -> Any:
    wrappers = (typing.NotRequired, typing.Required, typing_extensions.NotRequired, typing_extensions.Required)
    return get_args(hint)[0] if get_origin(hint) in wrappers else hint


def _value(value: Any, hint: Any, name: str) -> Any:
    origin = get_origin(hint)
    if typing_extensions.is_typeddict(hint):
        return _object(value, hint, name)
    if origin in (Union, types.UnionType):
        return _union(value, get_args(hint), name)
    if check_kind := KINDS.get(origin or hint):
        return check_kind(value, get_args(hint), name)
    raise TypeError(f"{name}: the library describes it as {hint}, which is new here")


def _object(value: Any, shape: Any, name: str) -> Params:
    if not isinstance(value, dict):
        raise ParameterError("Invalid object", name)
    hints = _hints(shape)
    if unknown := [_inside(name, key) for key in value if key not in hints]:
        plural = "s" if len(unknown) > 1 else ""
        raise ParameterError(
            f"Received unknown parameter{plural}: {', '.join(unknown)}", unknown[0], "parameter_unknown"
        )
    for key in sorted(shape.__required_keys__ - value.keys()):
        raise ParameterError(f"Missing required param: {_inside(name, key)}.", _inside(name, key), "parameter_missing")
    return {key: _value(item, hints[key], _inside(name, key)) for key, item in value.items()}


def _inside(name: str, key: str) -> str:
    return f"{name}[{key}]" if name else key


def _union(value: Any, members: tuple[Any, ...], name: str) -> Any:
    """One of several kinds. `Literal[...] | str` is an enumeration, `Literal[''] | X` an X that can be unset."""
    words = [word for member in members if get_origin(member) is Literal for word in get_args(member)]
    others = [m for m in members if get_origin(m) not in (Literal, UntypedStripeObject) and m is not type(None)]
    if value in words:
        return value
    if isinstance(value, dict):
        others = [m for m in others if typing_extensions.is_typeddict(m) or get_origin(m) in (list, dict)] or others
    else:
        others = [m for m in others if not typing_extensions.is_typeddict(m)] or others
    if others and not (others[0] is str and any(words)):
        return _value(value, others[0], name)
    return _enumeration(value, tuple(words), name)


def _enumeration(value: Any, words: tuple[Any, ...], name: str) -> Any:
    if value in words:
        return value
    raise ParameterError(f"Invalid {name}: must be one of {', '.join(words)}", name)


def _list(value: Any, args: tuple[Any, ...], name: str) -> list[Any]:
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        raise ParameterError("Invalid array", name)
    return [_value(value[key], args[0], f"{name}[{key}]") for key in sorted(value, key=int)]


def _mapping(value: Any, args: tuple[Any, ...], name: str) -> Params:
    if not isinstance(value, dict):
        raise ParameterError("Invalid object", name)
    if name.endswith("metadata") or name.endswith("metadata]"):
        return _metadata(value, name)
    return {key: _value(item, args[1], f"{name}[{key}]") for key, item in value.items()}


def _metadata(value: Params, name: str) -> Params:
    """https://docs.stripe.com/metadata#data. An empty value unsets its key."""
    if len(value) > METADATA_KEYS:
        raise ParameterError(f"Metadata can have up to {METADATA_KEYS} keys, you passed {len(value)}.", name)
    for key, item in value.items():
        place = f"{name}[{key}]"
        if len(key) > METADATA_KEY_LENGTH:
            raise ParameterError(f"Metadata keys can have up to {METADATA_KEY_LENGTH} characters: {key}.", place)
        if not isinstance(item, str):
            raise ParameterError("Metadata values must be strings", place)
        if len(item) > METADATA_VALUE_LENGTH:
            raise ParameterError(f"Metadata values can have up to {METADATA_VALUE_LENGTH} characters.", place)
    return value


def _string(value: Any, args: tuple[Any, ...], name: str) -> str:
    if not isinstance(value, str):
        raise ParameterError("Invalid string", name, "parameter_invalid_string")
    if not value:
        unset = f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter"
        raise ParameterError(f"{unset}; however '{name}' cannot be unset.", name, "parameter_invalid_empty")
    if len(value) > LONGEST_STRING:
        raise ParameterError(f"Invalid string: must be at most {LONGEST_STRING} characters", name)
    return value


def _integer(value: Any, args: tuple[Any, ...], name: str) -> int:
    if not isinstance(value, str) or not value.removeprefix("-").isdecimal() or not value.isascii():
        raise ParameterError(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    return int(value)


def _boolean(value: Any, args: tuple[Any, ...], name: str) -> bool:
    if value not in ("true", "false"):
        raise ParameterError(f"Invalid boolean: {value}", name, "parameter_invalid_boolean")
    return bool(value == "true")


def _decimal(value: Any, args: tuple[Any, ...], name: str) -> str:
    try:
        return str(Decimal(value))
    except (InvalidOperation, TypeError, ValueError):
        raise ParameterError(f"Invalid decimal: {value}", name, "parameter_invalid_decimal") from None


KINDS: dict[Any, Callable[[Any, tuple[Any, ...], str], Any]] = {
    str: _string,
    int: _integer,
    bool: _boolean,
    Decimal: _decimal,
    float: _decimal,
    list: _list,
    dict: _mapping,
    Literal: _enumeration,
}
