from typing import TYPE_CHECKING, Any

from app import markdown, outbox
from app.outbox.posting import rendered
from app.people.models import Person
from app.urls import absolute_url

if TYPE_CHECKING:
    from app.classroom.announcements.models import Announcement

TEMPLATE = "classroom/announcement"


def announcement(person: Person, told: "Announcement") -> None:
    outbox.post(to=person, template=TEMPLATE, automatic=False, **_about(told))


def preview(told: "Announcement") -> tuple[str, str, str]:
    """Subject, text and HTML, as it would reach somebody."""
    return rendered(TEMPLATE, **_about(told))


def _about(told: "Announcement") -> dict[str, Any]:
    return {
        "subject": told.subject,
        "cohort_name": told.cohort.name,
        "text": markdown.plain(told.text),
        "html": told.html,
        "announcements_url": absolute_url("classroom.list_announcements"),
    }
