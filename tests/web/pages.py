"""Pages that behave in every way the tests of this room need, on a site of their own."""

import sqlite3
import threading
from collections import Counter

from flask import Blueprint, Flask, abort, make_response, render_template_string, request, session
from flask_security.decorators import auth_required
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.extensions import csrf, db
from app.hub.models import ExternalLink
from app.publishing import cross_origin_exempt, public_page

bp = Blueprint("pages", __name__, url_prefix="/pages")
rendered: Counter[str] = Counter()
gate = threading.Event()
inside = threading.Event()
broken = threading.Event()


@bp.get("/links")
@public_page
def show_links():
    rendered["links"] += 1
    fail_if_broken()
    titles = db.session.scalars(select(ExternalLink.title).order_by(ExternalLink.id))
    return "<!doctype html><title>Links</title>" + "".join(f"<p>{title}" for title in titles) + "<p>text " * 300


@bp.get("/links/<slug>")
@public_page
def show_one_link(slug):
    fail_if_broken()
    return db.session.scalar(select(ExternalLink.title).filter_by(slug=slug)) or abort(404)


def fail_if_broken():
    if broken.is_set():
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))


@bp.get("/slow")
@public_page
def show_slowly():
    titles = list(db.session.scalars(select(ExternalLink.title)))
    db.session.commit()
    inside.set()
    gate.wait(5)
    return f"links: {titles}"


@bp.get("/numbers/<int:number>")
@public_page
def show_number(number):
    return str(number)


@bp.get("/echo")
@public_page
def echo():
    """A slip: a public page that reads the query string."""
    return request.args.get("name", "nobody")


@bp.get("/cookie")
@public_page
def set_cookie():
    """A slip: a public page that sets a cookie."""
    rendered["cookie"] += 1
    response = make_response("sweet")
    response.set_cookie("crumb", "1")
    return response


@bp.get("/visitor")
@public_page
def read_session():
    """A slip: a public page that reads the session."""
    rendered["visitor"] += 1
    return f"hello {session.get('name', 'you')}"


@bp.get("/missing")
@public_page
def missing():
    abort(404)


@bp.get("/personal")
def personal():
    rendered["personal"] += 1
    return f"for {request.cookies.get('name', 'nobody')}"


@bp.get("/whence")
def whence():
    return f"{request.remote_addr} {request.scheme} {request.host}"


@bp.get("/sign-in-needed")
@auth_required("session")
def needs_sign_in():
    return "in"


@bp.get("/remember")
def remember():
    session["name"] = "ada"
    session.permanent = True
    return "noted"


@bp.get("/structured")
@public_page
def structured():
    return render_template_string(
        '<!doctype html><title>x</title><script type="application/ld+json">{"@type": "Thing"}</script>'
        '<script src="{{ asset("js/site.js") }}" type="module"></script>'
    )


@bp.route("/form", methods=["POST", "PUT", "DELETE", "PATCH"])
@csrf.exempt
def receive_form():
    rendered["form"] += 1
    return f"{len(request.form)} fields"


@bp.post("/slow-form")
@csrf.exempt
def receive_slowly():
    inside.set()
    gate.wait(5)
    return "received"


@bp.post("/machine")
@csrf.exempt
@cross_origin_exempt
def receive_from_machine():
    return f"{len(request.get_data())} bytes"


@bp.post("/with-token")
def receive_with_token():
    return "taken"


@bp.get("/error/<int:status>")
def fail(status):
    abort(status)


@bp.get("/error/explained")
def fail_in_own_words():
    abort(409, "That time went to <somebody> else.")


@bp.get("/crash")
def crash():
    raise RuntimeError("a secret detail")


FAULTS = {
    "locked": OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked")),
    "full": OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
    "pool": NoConnectionFree("QueuePool limit of size 5 overflow 20 reached"),
}


@bp.route("/fault/<name>", methods=["GET", "POST"])
@csrf.exempt
def fault(name):
    raise FAULTS[name]


@bp.get("/reads")
def read():
    return str(db.session.scalar(text("SELECT 1")))


@bp.get("/bad-sql")
def bad_sql():
    db.session.execute(text("SELECT * FROM no_such_table"))
    return "never"


@bp.get("/link/<int:number>")
def show_link(number):
    return str(db.session.get(ExternalLink, number) or "none")


def add_pages(app: Flask) -> None:
    app.register_blueprint(bp)
