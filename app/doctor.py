"""flask doctor: each setting tried for real, and a line on each that says what to mend. Nothing is sent or changed."""

import logging
from collections.abc import Callable, Iterator
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from app import outside
from app.coaching.availability import busy_feed
from app.coaching.availability.busy_feed import BadFeed
from app.coaching.availability.models import Coach
from app.config import SAMPLE_ADDRESS, STRIPE_API
from app.extensions import db, queue
from app.newsletter.checking import link_asking
from app.outbox import sender_domain
from app.outbox.models import Worker
from app.outbox.smtp import KeptConnection
from app.outside import Unanswered
from app.payments import stripe_gateway
from app.payments.stripe_events import NEEDED
from app.payments.stripe_gateway import GatewayRefused, GatewayUnavailable
from app.people.addresses import domain_of
from app.publishing import ContentVersion
from app.urls import absolute

Answered = TypeVar("Answered")
MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Mend(Exception):
    """Something to mend; the message says what."""


@click.command()
@with_appcontext
def doctor() -> None:
    """Try each setting for real and say in a line each what to mend; fails while there is something."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # It tells which database it looks at.
    is_ill = False
    for name, check in checks():
        try:
            click.echo(f"ok {name}: {check()}")
        except Exception as problem:  # Whatever it is, the owner wants to hear of it, and of what comes after.
            is_ill = True
            click.echo(f"mend: {name}: {in_a_line(problem)}")
        finally:
            db.session.rollback()
    if is_ill:
        raise click.exceptions.Exit(1)


def checks() -> Iterator[tuple[str, Callable[[], str]]]:
    """What to try, by the name of the setting it is about, in order."""
    yield "SITE_URL", site_url
    yield "DATABASE_URL", database
    yield "QUEUE_URL", task_queue
    yield "worker", worker
    yield "REDIS_URL", shared_limits
    yield "MAIL_SERVER", mail_server
    if current_app.config["MAIL_SERVER"]:
        yield "MAIL_DEFAULT_SENDER", sender
        for question in sender_domain.questions():
            yield question.partition(" ")[0].upper(), partial(answered, question)
        if sender_domain.questions():
            yield "MAIL_DKIM_SELECTOR", dkim_selector
            yield "MAIL_BOUNCE_ADDRESS", way_back
        yield "OWNER_EMAIL", owner
    yield "POSTAL_ADDRESS", postal_address
    yield "busy_times", busy_times
    yield "STRIPE_SECRET_KEY", stripe_key
    if stripe_gateway.is_set_up():
        yield "STRIPE_WEBHOOK_SECRET", stripe_webhook


def in_a_line(problem: Exception) -> str:
    """What went wrong, in one line, without what is secret in it."""
    if isinstance(problem, DBAPIError):
        problem = problem.orig if isinstance(problem.orig, Exception) else problem
    words = " ".join(str(getattr(problem, "strerror", None) or problem).split()) or type(problem).__name__
    return words if isinstance(problem, Mend) else f"{words} ({type(problem).__name__})"


def is_at_home() -> bool:
    """Whether the site is tried out on the machine it runs on, where nobody else comes."""
    return urlsplit(current_app.config["SITE_URL"]).hostname in ("localhost", "127.0.0.1", "::1")


def site_url() -> str:
    url = current_app.config["SITE_URL"]
    if is_at_home():
        return f"{url}, for trying the site out on this machine"
    if not url.startswith("https:"):
        raise Mend(f"{url} sends sign-ins and forms in the clear: give it a certificate, and write https://.")
    outcome = link_asking.ask(f"{url}/healthz", url)
    if outcome.verdict != "good":
        raise Mend(f"{url}/healthz could not be opened from here: {outcome.words}. Start the site, or correct it.")
    return f"{url} answers"


def database() -> str:
    connection = db.session.connection()
    has = MigrationContext.configure(connection).get_current_revision()
    wants = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    if has != wants:
        raise Mend(f"its tables are at step {has or 'none'} and should be at {wants}: run flask setup.")
    db.session.execute(update(ContentVersion).values(number=ContentVersion.number))  # Rolled back afterwards.
    return f"{connection.dialect.name} can be read and written, at step {has}"


def task_queue() -> str:
    return f"{type(queue.storage).__name__} answers, {queue.storage.queue_size()} tasks wait"


def worker() -> str:
    if not (alive := Worker.alive()):
        raise Mend("none runs, so no mail goes out: start flask worker.")
    return f"{len(alive)} at work"


def shared_limits() -> str:
    if not (url := current_app.config["REDIS_URL"]):
        return "not set; each web process counts limits for itself"
    from redis import Redis  # An extra: only a site that uses Redis has it.

    with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as redis:
        redis.ping()
    return "answers"


def mail_server() -> str:
    config = current_app.config
    if not config["MAIL_SERVER"]:
        if is_at_home():
            return "not set; mail stays in the outbox"
        raise Mend("not set, so no mail leaves the outbox: set it, with MAIL_USERNAME and MAIL_PASSWORD.")
    is_open = not (config["MAIL_USE_TLS"] or config["MAIL_USE_SSL"])
    if config["MAIL_PASSWORD"] and is_open and config["MAIL_SERVER"] not in ("localhost", "127.0.0.1"):
        raise Mend("the password would go there in the clear: set MAIL_USE_TLS=1, or MAIL_USE_SSL=1.")
    with KeptConnection(current_app.extensions["mail"]).configure_host() as host:
        host.ehlo_or_helo_if_needed()
        code, words = host.mail(config["MAIL_BOUNCE_ADDRESS"])
        host.rset()
    if code != 250:
        raise Mend(f"it takes no mail from {config['MAIL_BOUNCE_ADDRESS']}: {code} {words.decode(errors='replace')}")
    return f"{config['MAIL_SERVER']} takes " + ("the log-in" if config["MAIL_USERNAME"] else "mail without a log-in")


def sender() -> str:
    name, address = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])
    if sender_domain.is_local(domain_of(address)):
        raise Mend(f"{address} is no address that others can write back to: give one of a domain of yours.")
    return f"{name} <{address}>"


def answered(question: str) -> str:
    outcome = sender_domain.ask(question)
    if outcome.verdict != "good":
        raise Mend(outcome.words)
    return outcome.words


def dkim_selector() -> str:
    if selector := current_app.config["MAIL_DKIM_SELECTOR"]:
        return str(selector)
    return "not set; DKIM is looked for under the names that most providers have"


def way_back() -> str:
    """Whether mail finds the way to where bounces and wishes to leave come back (RFC 5321 §5.1)."""
    address = current_app.config["MAIL_BOUNCE_ADDRESS"]
    domain = domain_of(address)
    try:
        found = outside.records(domain, "MX") or outside.records(domain, "A") or outside.records(domain, "AAAA")
    except Unanswered as problem:
        raise Mend(f"whether {domain} takes mail could not be looked up: {problem}.") from None
    if not found or found == ["."]:
        raise Mend(f"{domain} takes no mail, so no bounce of {address} comes back: add its MX record.")
    return f"mail for {address} goes to {', '.join(host.rstrip('.') for host in found)}"


def owner() -> str:
    address = str(current_app.config["OWNER_EMAIL"])
    if sender_domain.is_local(domain_of(address)):
        raise Mend(f"{address} gets no mail: give the address at which you want to hear of requests and sales.")
    return address


def postal_address() -> str:
    if (address := str(current_app.config["POSTAL_ADDRESS"])) == SAMPLE_ADDRESS:
        raise Mend("still the sample: give the address that the law wants at the foot of every letter.")
    return address


def busy_times() -> str:
    watched = Coach.with_busy_feed()
    db.session.commit()  # Nobody waits for the database while calendars are asked.
    for coach in watched:
        try:
            busy_feed.fetch(coach.busy_feed_url, current_app.config["SITE_URL"])
        except BadFeed as why:
            raise Mend(f"{coach.name}: {why}") from None
    return f"the calendars of {len(watched)} coaches can be fetched" if watched else "no coach's calendar is watched"


def stripe_key() -> str:
    base = current_app.config["STRIPE_API_BASE"]
    if not stripe_gateway.is_set_up():
        if is_at_home():
            return "not set; make run starts a stand-in"
        raise Mend("not set, so nobody can pay: copy it from Stripe's dashboard.")
    _asked_of_stripe(stripe_gateway.try_key)
    mode = "live" if stripe_gateway.is_live() else "in test mode, where no money moves"
    return f"{base} takes it, {mode}" if base == STRIPE_API else f"the stand-in at {base} takes it"


def stripe_webhook() -> str:
    url = absolute("/stripe/webhook")
    ours = [each for each in _asked_of_stripe(stripe_gateway.webhook_endpoints) if _same(each.url, url)]
    if not (enabled := [each for each in ours if each.is_enabled]):
        raise Mend(
            f"Stripe has {'switched off its' if ours else 'no'} endpoint for {url}: see “first hour” in README.md."
        )
    heard = {event for each in enabled for event in each.events}
    if lacking := sorted(NEEDED - heard) if "*" not in heard else []:
        raise Mend(f"the endpoint for {url} leaves out {', '.join(lacking)}: add them.")
    return f"Stripe tells {url} of everything needed"


def _asked_of_stripe(ask: Callable[[], Answered]) -> Answered:
    try:
        return ask()
    except GatewayUnavailable as problem:
        raise Mend(f"Stripe could not be asked: {problem}") from None
    except GatewayRefused as problem:
        raise Mend(f"Stripe refuses it: {problem or problem.code or 'without a word'}") from None


def _same(one: str, other: str) -> bool:
    return one.replace("//127.0.0.1", "//localhost").rstrip("/") == other.replace("//127.0.0.1", "//localhost")
