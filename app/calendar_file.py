"""Calendar files (RFC 5545), and what mail programs and calendars do with them (iTIP, RFC 5546).

All times are in UTC, which needs no VTIMEZONE. A file names the organizer and one attendee at most: calendars are often
shared, so nobody else's address belongs into one, and no link that lets its reader act.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import NamedTuple
from urllib.parse import quote

from flask import current_app
from icalendar import (
    CLASS,
    CUTYPE,
    PARTSTAT,
    ROLE,
    STATUS,
    TRANSP,
    Alarm,
    Calendar,
    Event,
    vCalAddress,
    vDuration,
    vText,
)

from app.clock import in_utc

REFRESHED_EVERY = timedelta(minutes=15)
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


class Mailbox(NamedTuple):
    address: str
    name: str = ""


class Appointment(NamedTuple):
    """An event as the calendar of one recipient shows it. Its texts may hold anything that people type.

    `uid` stays the same for ever; `sequence` rises with every change that is told. `stamped_at` is when this was
    written. `is_private` asks programs that share a calendar to hide it there, and leaves out the name of the site.
    """

    uid: str
    sequence: int
    stamped_at: datetime
    starts_at: datetime
    ends_at: datetime
    attendee: Mailbox
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    status: STATUS = STATUS.CONFIRMED
    is_private: bool = False


def invitation(appointment: Appointment) -> str:
    """The file that puts it into the attendee's calendar, or changes it there (RFC 5546 §3.2.2)."""
    event = _event(appointment)
    event.attendees = [_attendee(appointment.attendee)]
    # Outlook then offers nobody to propose another time, which would reach no one (MS-OXCICAL).
    event.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
    return _written("REQUEST", [event])


def cancellation(appointment: Appointment) -> str:
    """The file that takes it out of the attendee's calendar again (RFC 5546 §3.2.5)."""
    event = _event(appointment._replace(status=STATUS.CANCELLED))
    event.attendees = [_attendee(appointment.attendee)]
    return _written("CANCEL", [event])


def download(appointment: Appointment, alarm: timedelta) -> str:
    """The file to take by hand, which rings so long before it begins, unless it is cancelled (RFC 5546 §3.2.1)."""
    event = _event(appointment)
    if appointment.status != STATUS.CANCELLED:
        event.add_component(Alarm.new_display(_summary(appointment), -alarm))
    return _written("PUBLISH", [event])


def feed(appointments: Iterable[Appointment], name: str) -> str:
    """A calendar of this name, to subscribe to (RFC 5546 §3.2.1, RFC 7986 §5)."""
    return _written("PUBLISH", [_event(appointment) for appointment in appointments], name=name)


def _written(method: str, events: list[Event], name: str = "") -> str:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", f"-//{_sender().address.rpartition('@')[2]}//Appointments//EN")
    calendar.add("METHOD", method)
    if name:
        # Once as RFC 7986 §5 has it, once for older programs. The library alone would escape one and not the other, and
        # leave out the type of the interval.
        calendar.add("NAME", vText(_line(name)))
        calendar.add("X-WR-CALNAME", vText(_line(name)))
        calendar.add("REFRESH-INTERVAL", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("X-PUBLISHED-TTL", vDuration(REFRESHED_EVERY))
    for event in events:
        calendar.add_component(event)
    file: bytes = calendar.to_ical()
    return file.decode()


def _event(appointment: Appointment) -> Event:
    """Without the attendee, whom a published event must not name."""
    return Event.new(
        uid=appointment.uid,
        sequence=appointment.sequence,
        stamp=appointment.stamped_at,
        start=in_utc(appointment.starts_at),
        end=in_utc(appointment.ends_at),
        summary=_summary(appointment),
        description=_text(appointment.description) or None,
        location=_line(appointment.location) or None,
        url=appointment.url or None,
        status=appointment.status,
        classification=CLASS.PRIVATE if appointment.is_private else None,
        transparency=TRANSP.OPAQUE,
        organizer=_organizer(appointment),
    )


def _summary(appointment: Appointment) -> str:
    return _line(appointment.summary) or "Appointment"  # Neither an event nor an alarm may be without.


def _organizer(appointment: Appointment) -> vCalAddress:
    """The mailbox that sends the mail: programs mistrust an invitation from anybody else."""
    sender = _sender()
    return vCalAddress.new(_quoted(sender.address), cn=None if appointment.is_private else _name(sender.name) or None)


def _attendee(mailbox: Mailbox) -> vCalAddress:
    """As somebody who comes and is asked for no answer: the time was agreed before the file was written."""
    return vCalAddress.new(
        _quoted(mailbox.address),
        cn=_name(mailbox.name) or None,
        cutype=CUTYPE.INDIVIDUAL,
        role=ROLE.REQ_PARTICIPANT,
        partstat=PARTSTAT.ACCEPTED,
        rsvp=False,
    )


def _sender() -> Mailbox:
    name, address = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])
    return Mailbox(address, name)


def _quoted(address: str) -> str:
    """As it stands in a mailto address (RFC 6068 §2)."""
    return quote(address, safe="@!$'*+-./=^_`{|}~")


def _name(text: str) -> str:
    # Few programs know how a quotation mark is written here (RFC 6868), so there is none.
    return _line(text).replace('"', "'")


def _line(text: str) -> str:
    return " ".join(_text(text).split())


def _text(text: str) -> str:
    """`text` with plain line breaks and without control characters, which no file may hold (RFC 5545 §3.3.11)."""
    broken = _LINE_BREAKS.sub("\n", text)
    return "".join(each for each in broken if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs")).strip()
