"""The calendar file of a mail, put where mail programs look for it (RFC 6047)."""

from email.encoders import encode_base64
from email.message import Message
from email.mime.base import MIMEBase

# As Google names it, for every kind of file: nobody who looks over a shoulder learns more from it.
FILE_NAME = "invite.ics"


def add_calendar(message: MIMEBase, calendar: str, method: str) -> None:
    """Add `calendar`, whose METHOD is `method`, to a message that holds its alternatives and room for attachments.

    Twice, as Google and Outlook do: as another form of the text, from which mail programs make buttons, and as a file
    for those that only know attachments. The file is no text/calendar, so that none takes it for a second invitation.
    """
    alternatives = message.get_payload(0)
    assert isinstance(alternatives, Message)  # noqa: S101 - Flask-Mail makes them wherever there is HTML.
    # RFC 6047 §2.4: the method has to be that of the file; Outlook refuses what differs.
    alternatives.attach(_part(calendar, f"text/calendar; method={method}; charset=utf-8"))
    message.attach(_part(calendar, f"application/ics; name={FILE_NAME}", f"attachment; filename={FILE_NAME}"))


def _part(calendar: str, content_type: str, disposition: str = "") -> Message:
    """In base64, which keeps every byte: the line breaks of the file, which are part of it, and its UTF-8."""
    part = Message()
    part["Content-Type"] = content_type
    if disposition:
        part["Content-Disposition"] = disposition
    part.set_payload(calendar.encode())
    encode_base64(part)
    return part
