"""What is noted of an issue while it goes: past the session, so that no other change is waited for or lost."""

from sqlalchemy import Update, select, update

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue

FAILING_SHARE, FAILING_OF = 0.05, 200


def count(issue_id: int, **more: int) -> None:
    """Add to its counters, such as `sent=1`."""
    added = {counter: getattr(Issue, counter) + number for counter, number in more.items()}
    _write(update(Issue).where(Issue.id == issue_id).values(added))


def may_go_on(issue_id: int) -> bool:
    """Whether nobody has paused or cancelled it."""
    on_its_way = select(Issue.id).where(Issue.id == issue_id, Issue.paused_at.is_(None), Issue.cancelled_at.is_(None))
    return db.session.scalar(on_its_way) is not None


def note_trouble(issue_id: int, words: str) -> None:
    """Keep what holds it up just now, for the owner to see; nothing when it goes on."""
    _write(update(Issue).where(Issue.id == issue_id, Issue.trouble != words).values(trouble=words))


def pause_for(issue_id: int, reason: str) -> None:
    """Pause it by itself, for a `reason` the owner is told, unless it is paused or over."""
    ends = (Issue.paused_at, Issue.cancelled_at, Issue.finished_at)
    goes = update(Issue).where(Issue.id == issue_id, *(moment.is_(None) for moment in ends))
    _write(goes.values(paused_at=now(), pause_reason=reason))


def pause_if_too_many_fail(issue_id: int) -> bool:
    """Pause it when more than a twentieth failed since it was last started, of 200 at least; whether it did."""
    counters = (Issue.sent, Issue.failed, Issue.decided_before, Issue.failed_before)
    sent, failed, decided_before, failed_before = db.session.execute(select(*counters).filter_by(id=issue_id)).one()
    lately = failed - failed_before
    if lately <= FAILING_SHARE * max(FAILING_OF, sent + failed - decided_before):
        return False
    pause_for(issue_id, f"{lately} messages failed, more than 5 % of those that went out. See what the server said.")
    return True


def _write(statement: Update) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
