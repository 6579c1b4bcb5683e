"""A coach's calendars: which of theirs keeps them busy here, and which of ours shows them what is booked."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, ValidationError

from app.coaching.availability.busy_feed import BadFeed, feed_address
from app.coaching.availability.models import Coach
from app.coaching.availability.tasks import look_soon
from app.coaching.calendars.coachs_calendar import address_of
from app.extensions import db
from app.people.forms import Form
from app.studio.blueprint import bp
from app.studio.coach_views import A_COACH, wanted_coach, wanted_coach_for_update


class BusyFeedForm(Form):
    busy_feed_url = StringField("Address of the calendar", [InputRequired("Paste the address of a calendar.")])

    def validate_busy_feed_url(self, field: Any) -> None:
        try:
            feed_address(field.data)
        except BadFeed as why:
            raise ValidationError(str(why)) from None


@bp.get(f"{A_COACH}/calendars")
def show_coach_calendars(coach_id: int) -> ResponseReturnValue:
    coach = wanted_coach(coach_id)
    return _page(coach, BusyFeedForm(formdata=None, obj=coach))


@bp.post(f"{A_COACH}/calendars/busy")
def watch_busy_calendar(coach_id: int) -> ResponseReturnValue:
    coach, form = wanted_coach_for_update(coach_id), BusyFeedForm()
    if not form.validate():
        return _page(coach, form), 422
    if coach.watch_busy_feed(form.busy_feed_url.data or ""):
        look_soon(coach)
        flash("Saved. It is read within a moment.", "good")
    db.session.commit()
    return redirect(url_for(".show_coach_calendars", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/calendars/busy/reading")
def read_busy_calendar(coach_id: int) -> ResponseReturnValue:
    look_soon(wanted_coach_for_update(coach_id))
    db.session.commit()
    flash("It is read within a moment. Look again then.", "good")
    return redirect(url_for(".show_coach_calendars", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/calendars/busy/removal")
def forget_busy_calendar(coach_id: int) -> ResponseReturnValue:
    wanted_coach_for_update(coach_id).watch_busy_feed("")
    db.session.commit()
    flash("Removed. What it kept busy is free again.", "good")
    return redirect(url_for(".show_coach_calendars", coach_id=coach_id), 303)


@bp.post(f"{A_COACH}/calendars/address")
def change_calendar_address(coach_id: int) -> ResponseReturnValue:
    wanted_coach_for_update(coach_id).calendar_number += 1
    db.session.commit()
    flash("The calendar has a new address. The old one shows nothing any more.", "good")
    return redirect(url_for(".show_coach_calendars", coach_id=coach_id), 303)


def _page(coach: Coach, form: BusyFeedForm) -> str:
    return render_template("studio/coach_calendars.html", coach=coach, form=form, address=address_of(coach))
