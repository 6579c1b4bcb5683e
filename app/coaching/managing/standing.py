from app.clock import now
from app.coaching.models import Consultation


def standing_of(consultation: Consultation) -> str:
    """What its private page has to say: the name of a template under coaching/standing/."""
    if consultation.is_unpaid:
        return "unpaid"
    if consultation.cancelled_at:
        by_coach = "called_off" if consultation.booked_at else "declined"
        return by_coach if consultation.is_cancelled_by_coach else "cancelled"
    if consultation.completed_at or consultation.no_show_at:
        return "completed" if consultation.completed_at else "missed"
    if consultation.booked_at:
        if not consultation.has_begun:
            return "booked"
        return "ended" if _has_ended(consultation) else "begun"
    if consultation.held_times:
        return "proposed" if consultation.proposed_times else "held"
    return "lapsed" if consultation.proposed_at or consultation.preferred_times else "requested"


def too_late(consultation: Consultation) -> str:
    """Why it cannot be changed any more, and what to do."""
    if consultation.is_unpaid:
        return "Nothing was changed: it is not paid for yet. Once it is, you can move, change or cancel it here."
    if consultation.is_over or _has_ended(consultation):
        return "Nothing was changed, for it is over. Book another time if you would like to talk again."
    return (
        "Nothing was changed, for it has begun. If you cannot come, you need do nothing: book another time whenever it "
        "suits you. To reach your coach now, answer an e-mail of ours about it."
    )


def _has_ended(consultation: Consultation) -> bool:
    """Whether its time is past, though nobody has noted yet what came of it."""
    return consultation.booked_at is not None and consultation.ends_at is not None and consultation.ends_at <= now()


def asked_too_soon(again_at: str) -> str:
    """Why nothing was written about another address, and when to ask again, in words."""
    return (
        "No e-mail was written just now: we write to your present address at most once in ten minutes, and a few times "
        "a day. What you asked for before does not count any more; its button leads nowhere. Please ask again after "
        f"{again_at}."
    )
