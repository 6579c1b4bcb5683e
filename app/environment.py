"""How a single setting is read from the environment, and what is said when it is wrong."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

Number = TypeVar("Number", int, float)


class SettingError(Exception):
    """A setting is missing or wrong. The message is one line that names it and says what to do."""


def number(environ: Mapping[str, str], name: str, default: str, least: int = 0) -> int:
    value = environ.get(name) or default
    return parsed(name, value, int, f"a whole number of at least {least}", lambda found: found >= least)


def port(environ: Mapping[str, str], name: str, default: str) -> int:
    value = environ.get(name) or default
    return parsed(name, value, int, "a port, from 1 to 65535", lambda found: 1 <= found <= 65535)


def parsed(
    name: str, value: str, parse: Callable[[str], Number], wanted: str, check: Callable[[Number], bool]
) -> Number:
    """What `parse` makes of `value`, if it passes `check`; raises SettingError, which says what was `wanted`."""
    try:
        if check(found := parse(value)):
            return found
    except ValueError:
        pass
    raise SettingError(f"{name} is {value!r}: it must be {wanted}.")


def flag(environ: Mapping[str, str], name: str, default: str) -> bool:
    value = (environ.get(name) or default).lower()
    if value not in ("0", "1", "true", "false"):
        raise SettingError(f"{name} is {value!r}: it must be 1 or 0.")
    return value in ("1", "true")


def one_of(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = environ.get(name) or allowed[0]
    if value not in allowed:
        raise SettingError(f"{name} is {value!r}: it must be one of {', '.join(allowed)}.")
    return value


def url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    if not (value := environ.get(name)):
        return None
    if urlsplit(value).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in schemes)
        raise SettingError(f"{name} begins with {value.split(':')[0]!r}: it must begin with {wanted}.")
    return value
