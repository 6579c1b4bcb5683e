"""What is public: which pages anyone may keep a copy of, and the version that says when their content changed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from blinker import Signal
from flask import Response, abort, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import CheckConstraint, event, update
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from app.extensions import Model, db

PUBLIC_PAGE = "developing_doctor.public_page"
# In the environment of a request whose answer is sent piece by piece, because it is too long to be held in memory.
STREAMED = "developing_doctor.streamed"
# In the environment of a request that no visitor made: the site looks whether a page is there.
ASKED_BY_THE_SITE = "developing_doctor.asked_by_the_site"
P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

# Sent in the process that changed published content, once the change is committed.
content_committed = Signal()


class Published:
    """Mixin of rows that public pages show: a change to one makes every stored page stale, in the same transaction."""


class ContentVersion(Model):
    """One row, counted up whenever published content changes."""

    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=1)


def content_changed() -> None:
    """Make every stored page stale when the caller's transaction commits."""
    db.session().info["content_changed"] = True


@event.listens_for(db.session, "before_flush")
def _notice_changed_content(session: Session, *_: Any) -> None:
    touched = [*session.new, *session.deleted, *(row for row in session.dirty if session.is_modified(row))]
    if any(isinstance(row, Published) for row in touched):
        session.info["content_changed"] = True


@event.listens_for(db.session, "before_commit")
def _count_up(session: Session) -> None:
    """Last of all, because everybody who changes content wants this row, and must not hold it while wanting another."""
    if session.in_nested_transaction():
        return
    session.flush()
    if session.info.get("content_changed"):
        session.execute(update(ContentVersion).values(number=ContentVersion.number + 1))


@event.listens_for(db.session, "after_commit")
def _announce_changed_content(session: Session) -> None:
    if not session.in_nested_transaction() and session.info.pop("content_changed", False):
        content_committed.send()


@event.listens_for(db.session, "after_soft_rollback")
def _forget_changed_content(session: Session, ended: SessionTransaction) -> None:
    if not ended.nested:
        session.info.pop("content_changed", None)


def public_page(view: View[P]) -> View[P]:
    """Mark a view whose answer is the same for everybody, so that it may be kept and answered again by anyone.

    Such a view reads nothing of the visitor: no cookie, no session, no query string.
    """

    @wraps(view)
    def marked(*args: P.args, **kwargs: P.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        if response.status_code == 200:
            request.environ[PUBLIC_PAGE] = True
        return response

    return knows_no_visitor(marked)


def knows_no_visitor(view: View[P]) -> View[P]:
    """Mark a view for which nobody looks up who is signed in."""
    view.knows_no_visitor = True  # type: ignore[attr-defined]
    return view


def holds_no_secret(view: View[P]) -> View[P]:
    """Mark a view that knows no visitor, and whose pages hold nothing but what everybody may read and what this very
    request sent: they may be compressed. (How well a page is compressed tells, of what stands in it, whether it is like
    what was sent.)
    """
    view.holds_no_secret = True  # type: ignore[attr-defined]
    return knows_no_visitor(view)


def echoes_nothing(view: View[P]) -> View[P]:
    """Mark a view whose pages may hold a secret of the visitor, but nothing that others could have put into the request
    or the page: they may be compressed, since nobody can try words against the secret.
    """
    view.echoes_nothing = True  # type: ignore[attr-defined]
    return view


def cross_origin_exempt(view: View[P]) -> View[P]:
    """Mark a view that other machines post to, such as a webhook: the guard against cross-site posts lets all pass."""
    view.cross_origin_exempt = True  # type: ignore[attr-defined]
    return view


def when_it_fails(what_to_do: str) -> Callable[[View[P]], View[P]]:
    """Mark a view whose visitors are told this should it break, or the database be away: "try again" is too little."""

    def mark(view: View[P]) -> View[P]:
        view.words_when_it_fails = what_to_do  # type: ignore[attr-defined]
        return view

    return mark


def reads_file_itself(most: int) -> Callable[[View[P]], View[P]]:
    """Mark a view that takes a file of up to `most` bytes, or a text as long as one: nothing of what is sent is read
    before the view asks for it.

    Such a view is exempt from csrf and calls csrf.protect() and refuse_files() once it knows who is there, so that no
    stranger can make the site wait for so much.
    """

    def mark(view: View[P]) -> View[P]:
        view.largest_file = most  # type: ignore[attr-defined]
        return view

    return mark


def refuse_files(but: str = "") -> None:
    """Refuse files under any other name than `but`: Flask-WTF takes one for what was typed into the field so named."""
    if any(name != but for name in request.files):
        abort(400)
