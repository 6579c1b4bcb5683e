from app import outbox
from app.enrollment.cohorts import Cohort
from app.enrollment.waitlist.models import WaitlistEntry
from app.urls import absolute_url


def waitlist_asked(entry: WaitlistEntry) -> None:
    """The link to the place in line, which is to be used first. No text of whoever typed the address."""
    outbox.post(to=entry.person, template="enrollment/waitlist_asked", entry=entry, url=entry_url(entry))


def seat_offered(entry: WaitlistEntry) -> None:
    """What is held for them, until when, and the link to answer."""
    outbox.post(to=entry.person, template="enrollment/seat_offered", entry=entry, url=entry_url(entry))


def offer_lapsed(entry: WaitlistEntry) -> None:
    """That what was held for them no longer is, and what they can do."""
    url = absolute_url("enrollment.show_course", _anchor="enroll")
    outbox.post(to=entry.person, template="enrollment/offer_lapsed", entry=entry, url=url)


def waitlist_closed(entry: WaitlistEntry, following: Cohort | None) -> None:
    """That no seat came free, or that the cohort began while one was held; and which comes next, if there is one."""
    address = "enrollment.show_waitlist" if following and following.is_full else "enrollment.show_course"
    values = {"cohort": following.id} if following and following.is_full else {"_anchor": "enroll"}
    outbox.post(
        to=entry.person,
        template="enrollment/waitlist_closed",
        entry=entry,
        following=following,
        url=absolute_url(address, **values),
    )


def entry_url(entry: WaitlistEntry) -> str:
    """The private link to a place in line: to be mailed to its person and shown to nobody else."""
    return absolute_url("enrollment.show_waitlist_entry", token=entry.link_token)
