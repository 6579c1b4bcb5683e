"""Keeps the sign-in libraries from touching the visitor's session on pages that are the same for everybody."""

import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_login.utils import _user_context_processor
from flask_principal import Principal

from app.publishing import PUBLIC_PAGE

log = logging.getLogger(__name__)


class SessionsApart(SecureCookieSessionInterface):
    """Sessions that leave no trace on a public page, and that stop being kept a page that read them after all."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not request.environ.get(PUBLIC_PAGE):
            return super().save_session(app, session, response)
        if session.accessed:
            log.error("%s is marked public, but read the session: it is not kept", request.endpoint)
            request.environ[PUBLIC_PAGE] = False
            response.headers["Cache-Control"] = "no-store"
            super().save_session(app, session, response)
        return None


def identify_where_it_matters(identify: Callable[[], Any]) -> Callable[[], None]:
    """`identify`, which reads the session and the database, only before views that may ask who is there."""

    def before_request() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view and not getattr(view, "knows_no_visitor", False):
            identify()

    return before_request


def init_app(app: Flask) -> None:
    app.session_interface = SessionsApart()
    # Flask-Principal looks up the visitor before every request, Flask-Login before every template; and it reads the
    # session after every request, for a "remember me" that this site does not have.
    app.before_request_funcs[None] = [
        identify_where_it_matters(hook) if isinstance(getattr(hook, "__self__", None), Principal) else hook
        for hook in app.before_request_funcs[None]
    ]
    app.template_context_processors[None].remove(_user_context_processor)
    app.after_request_funcs[None].remove(app.login_manager._update_remember_cookie)  # type: ignore[attr-defined]
    # Templates that ask for the visitor get it then.
    app.jinja_env.globals["current_user"] = current_user
