from wtforms import EmailField
from wtforms.validators import DataRequired, Length, Optional

from app.coaching.availability.models import Coach
from app.extensions import db
from app.people.addresses import normalize
from app.people.forms import Address, Form, ZoneField
from app.publishing import content_changed
from app.studio.letter_fields import line
from app.studio.number_fields import WholeNumber

MOST = ("most_per_day", "most_per_week")
NUMBERS = ("buffer_before_minutes", "buffer_after_minutes", "minimum_notice_hours", "booking_window_days", *MOST)


class CoachForm(Form):
    """Who a coach is, and how near and how full they can be booked."""

    name = line("Name", DataRequired("Say what the coach is called. Visitors see it."), most=120)
    email = EmailField(
        "Address for notices", [Optional(), Length(max=254, message="An address is shorter than that."), Address()]
    )
    time_zone = ZoneField("Time zone")
    location = line("Where you talk", most=500)
    buffer_before_minutes = WholeNumber("Minutes free before", 0, 240, step=5)
    buffer_after_minutes = WholeNumber("Minutes free after", 0, 240, step=5)
    minimum_notice_hours = WholeNumber("Shortest notice, in hours", 0, 720)
    booking_window_days = WholeNumber("How many days ahead one can book", 1, 365)
    most_per_day = WholeNumber("Most in a day", 1, 100, may_be_empty=True)
    most_per_week = WholeNumber("Most in a week", 1, 100, may_be_empty=True)

    def fill(self, coach: Coach) -> None:
        """Let `coach` be as was typed."""
        coach.name, coach.time_zone = self.name.data or "", self.time_zone.data
        coach.email = normalize(self.email.data) if self.email.data else ""
        coach.location = self.location.data or ""
        for name in NUMBERS:
            setattr(coach, name, self[name].data)
        if db.session.is_modified(coach):
            content_changed()  # Public pages name coaches.
