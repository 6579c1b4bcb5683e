from typing import TYPE_CHECKING, Any

from app import outbox
from app.outbox.posting import rendered
from app.people.models import Person
from app.urls import absolute_url

if TYPE_CHECKING:
    from app.classroom.announcements.models import Announcement, Read

TEMPLATE = "classroom/announcement"


def announcement(person: Person, told: "Announcement") -> None:
    outbox.post(to=person, template=TEMPLATE, automatic=False, **_about(told, told.read_by(person)))


def preview(told: "Announcement") -> tuple[str, str, str]:
    """Subject, text and HTML, as it would reach somebody."""
    return rendered(TEMPLATE, **_about(told, told.example))


def _about(told: "Announcement", read: "Read") -> dict[str, Any]:
    about_it = {"cohort_name": told.cohort.name, "announcements_url": absolute_url("classroom.list_announcements")}
    return about_it | read._asdict()
