import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from huey import crontab
from sqlalchemy.exc import IntegrityError

from app.extensions import db, queue, take_as_long_as_needed
from app.newsletter.allowance import Allowance
from app.newsletter.checking.preflight import check_letter
from app.newsletter.issues import progress
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.reading.clicks import Click, IssueLink
from app.newsletter.returned import bounce_boxes
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.sending.ledger import release_ghosts
from app.newsletter.sending.messages import PreparedMessage
from app.newsletter.sending.run import Sending
from app.outbox.delivery import Deliverer

log = logging.getLogger(__name__)
# One issue at a time goes out from a process, over all the connections it may have.
_sending = threading.Lock()
_next_call_for_help_at = 0.0
CALLS_FOR_HELP_EVERY_SECONDS = 2
FREEZES_AT_MOST = 5


@queue.task()
def send_issues() -> None:
    """Freeze the audience of every issue whose time has come, and send whatever is due of those on their way.

    Run twice, or by several workers at once, it sends each delivery once.
    """
    _do_with_each(Issue.due(), _freeze_beside_others)
    if not current_app.config["MAIL_SERVER"]:
        return
    if not _sending.acquire(blocking=False):
        _call_for_help()
        return
    try:
        while _send_some():
            pass
    finally:
        _sending.release()


def _call_for_help() -> None:
    """Let a worker that is idle take part, by way of the queue. In a process that is busy it is called on from here."""
    global _next_call_for_help_at
    if time.monotonic() >= _next_call_for_help_at:
        _next_call_for_help_at = time.monotonic() + CALLS_FOR_HELP_EVERY_SECONDS
        send_issues.schedule(delay=CALLS_FOR_HELP_EVERY_SECONDS)


def _do_with_each(issue_ids: list[int], act: Callable[[int], None]) -> None:
    """One issue that cannot go keeps no other from going; the next sweep tries again."""
    for issue_id in issue_ids:
        try:
            act(issue_id)
        except Exception as problem:
            log.exception("issue %s cannot go", issue_id)
            db.session.rollback()
            progress.note_trouble(issue_id, f"{type(problem).__name__}: {problem}"[:500])
            db.session.commit()


def _freeze_beside_others(issue_id: int) -> None:
    """Freeze it, over again where one of its readers is erased meanwhile: PostgreSQL then refuses the statement."""
    for _ in range(FREEZES_AT_MOST):
        try:
            return freeze(issue_id)
        except IntegrityError:
            db.session.rollback()
            log.info("issue %s: somebody it was meant for went away while it was frozen; once more", issue_id)
    log.warning("issue %s could not be frozen; the next sweep tries again", issue_id)
    return None


def freeze(issue_id: int) -> None:
    """Fix whom an issue goes to, and what it links to. What its text names may have gone since it was scheduled."""
    faults = [finding.message for finding in check_letter(db.session.get_one(Issue, issue_id)) if finding.blocks]
    db.session.commit()
    take_as_long_as_needed()
    if issue := Issue.for_update(issue_id):
        issue.freeze()
        IssueLink.write_for(issue)
        if faults and issue.state == "sending":
            issue.pause(" ".join(faults))
    db.session.commit()
    Delivery.count_anew_for_planner()
    db.session.commit()


def _send_some() -> bool:
    """Let each issue that is on its way go as far as it can now; whether another one has come up meanwhile."""
    going = Issue.going()
    db.session.commit()
    if going:
        _call_for_help()
    _do_with_each(going, send)
    return bool(set(Issue.going()) - set(going))


def send(issue_id: int) -> None:
    deliverer = Deliverer.of_this_process()
    if deliverer.stopping.is_set():
        return
    issue = db.session.get_one(Issue, issue_id, populate_existing=True)
    message = PreparedMessage(issue, compose(issue, IssueLink.for_issue(issue)))
    db.session.commit()  # Nothing is read any more while the ledger writes.
    Sending(issue_id, message, deliverer).run()
    if going := Issue.for_update(issue_id):
        going.finish()
    db.session.commit()


@queue.periodic_task(crontab())
def sweep_issues() -> None:
    """Find issues whose time has come, and retries that are due."""
    send_issues.call_local()


@queue.periodic_task(crontab(minute="41"))
def release_ghosts_of_workers() -> None:
    release_ghosts()
    db.session.commit()


@queue.periodic_task(crontab(minute="23"))
def forget_old_allowances() -> None:
    Allowance.forget_old()
    db.session.commit()


@queue.periodic_task(crontab())
def fold_clicks() -> None:
    """Count the clicks that have waited long enough. What a lost run leaves behind is there for the next."""
    more = True
    while more:
        more = Click.fold() > 0
        db.session.commit()
    Click.forget_canaries()
    db.session.commit()


@queue.periodic_task(crontab(minute="*/5"))
def read_bounces() -> None:
    """Read what came back, from wherever the settings say."""
    try:
        if folder := current_app.config["BOUNCE_MAILDIR"]:
            bounce_boxes.read_maildir(Path(folder))
        if url := current_app.config["BOUNCE_IMAP_URL"]:
            bounce_boxes.read_imap(url)
    except (bounce_boxes.UnreachableMailbox, OSError) as problem:
        log.warning("what came back could not be read; trying again in five minutes: %s", problem)
