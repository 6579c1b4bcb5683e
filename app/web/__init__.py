"""What stands between the site and the network: page cache, headers, cross-origin guard, errors, health, logs."""

from flask import Flask


def stand_in_front_of(app: Flask) -> None:
    """Put everything of this room around `app`."""
