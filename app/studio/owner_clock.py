"""The owner's clock: the studio's times on issues are read and set in the time zone the owner chose."""

from datetime import datetime

from flask_security import current_user

from app.clock import in_zone
from app.local_times import DEFAULT_ZONE, abbreviation, clock_time
from app.studio.blueprint import bp


@bp.app_template_global("my_zone")
def zone() -> str:
    """The owner's time zone, or the one the site begins with."""
    return current_user.time_zone or DEFAULT_ZONE


@bp.app_template_filter("on_my_clock")
def on_my_clock(moment: datetime) -> str:
    """Such as "Nov 25, 2026, 2:03 PM EST"."""
    shown = in_zone(moment, zone())
    return f"{shown:%b} {shown.day}, {shown.year}, {clock_time(shown)} {abbreviation(shown)}"


@bp.app_template_filter("time_on_my_clock")
def time_on_my_clock(moment: datetime) -> str:
    """Such as "2:03 PM"."""
    return clock_time(in_zone(moment, zone()))
