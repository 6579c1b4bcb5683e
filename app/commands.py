"""The site's own commands: flask setup, owner, worker, doctor, up, content, newsletter."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.classroom import content as classroom_content
from app.coaching import content as coaching_content
from app.content_files import ContentError
from app.doctor import doctor
from app.enrollment import content as enrollment_content
from app.environment import SettingError
from app.extensions import db
from app.followups import content as followups_content
from app.hub import content as hub_content
from app.hub.models import Page
from app.newsletter import content as newsletter_content
from app.newsletter.commands import newsletter
from app.newsletter.people_commands import people
from app.payments.reconciling.commands import stripe
from app.people.addresses import InvalidAddress
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.up import bring_up, refuse_taken_ports
from app.urls import absolute_url
from app.worker import run_worker

STARTER = Path(__file__).parent / "starter"
# In this order, because offers and the course name questions of the hub, and lessons are of modules.
CONTENT = (
    hub_content,
    newsletter_content,
    coaching_content,
    enrollment_content,
    classroom_content,
    followups_content,
)
CONTENT_SUFFIXES = frozenset({".md", ".yaml"})
OWNER_LINK_GOOD_FOR = timedelta(hours=1)

content = AppGroup("content", help="Take content in from Markdown files, or write it out.")


def register_commands(app: Flask) -> None:
    """Add the site's commands to `flask`."""
    for command in (setup, owner, worker, doctor, up, content, newsletter, people, stripe):
        app.cli.add_command(command)


@contextmanager
def troubles_in_a_line() -> Iterator[None]:
    """Ends a command with one line that says what to mend, where the trouble is not in the code."""
    try:
        yield
    except (SettingError, ContentError) as problem:
        raise click.ClickException(" ".join(str(problem).split())) from None
    except (OperationalError, ProgrammingError) as problem:
        said = str(problem.orig).strip().splitlines()[0]
        trouble = "Run flask setup first" if "no such table" in said or "does not exist" in said else "DATABASE_URL"
        raise click.ClickException(f"{trouble}: {said}") from None
    except OSError as problem:
        raise click.ClickException(str(problem)) from None


@click.command()
@with_appcontext
def setup() -> None:
    """Bring the database up to date and fill a new site with its starter content."""
    with troubles_in_a_line():
        set_up()


def set_up() -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    flask_migrate.upgrade()
    if db.session.scalar(select(Page.id).limit(1)) is None:
        take_in(STARTER)
        click.echo("Starter content is in.")


def take_in(folder: Path) -> None:
    """Import everything `folder` holds, all or nothing. Raises ContentError."""
    try:
        for slice_content in CONTENT:
            slice_content.import_from(folder)
        db.session.commit()
    except ContentError:
        db.session.rollback()
        raise


@click.command()
@click.argument("email")
@with_appcontext
def owner(email: str) -> None:
    """Make EMAIL the owner and print a sign-in link, good once, for an hour."""
    with troubles_in_a_line():
        click.echo(owner_link(email))


def owner_link(email: str) -> str:
    try:
        person = Person.at(email, local=True)
    except InvalidAddress as problem:
        raise click.ClickException(f"The owner's address (OWNER_EMAIL): {problem}") from None
    person.make_owner()
    code, _ = SignInCode.issue(person, next_path="/studio/", good_for=OWNER_LINK_GOOD_FOR)
    db.session.commit()
    return absolute_url("people.confirm_sign_in", token=code.link_token)


@click.command()
@with_appcontext
def worker() -> None:
    """Do background work until told to stop; the message in hand is finished first."""
    with troubles_in_a_line():
        run_worker()


@click.command()
@with_appcontext
def up() -> None:
    """Set up, then run web, worker and, without Stripe keys, the stand-in, until stopped."""
    with troubles_in_a_line():
        refuse_taken_ports()
        set_up()
        link = owner_link(current_app.config["OWNER_EMAIL"])
    bring_up(link)


@content.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_content(folder: Path) -> None:
    """Take in the Markdown files of FOLDER; all of them, or none if one is wrong."""
    files = sum(1 for path in folder.rglob("*") if path.suffix in CONTENT_SUFFIXES)
    if not files:
        raise click.ClickException(f"{folder} holds no content; see what flask content export writes.")
    with troubles_in_a_line():
        take_in(folder)
    click.echo(f"{files} files are in.")


@content.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export_content(folder: Path) -> None:
    """Write all content to FOLDER as Markdown with front matter."""
    with troubles_in_a_line():
        for slice_content in CONTENT:
            slice_content.export_to(folder)
