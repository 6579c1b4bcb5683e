"""flask people: all that is known of somebody, and erasing it."""

import click
from flask.cli import AppGroup

from app.extensions import db
from app.newsletter.preferences import my_data
from app.people import records
from app.people.addresses import InvalidAddress, normalize
from app.people.models import Person

people = AppGroup("people", help="Tell all that is known of a person, or erase it.")


def _person_at(email: str) -> Person:
    try:
        person = Person.with_email(normalize(email, local=True))
    except InvalidAddress as problem:
        raise click.ClickException(str(problem)) from None
    if person is None:
        raise click.ClickException(f"Nobody is known by {email}.")
    return person


@people.command("export")
@click.argument("email")
def export_person(email: str) -> None:
    """Print everything that is known of the person at EMAIL, as JSON."""
    click.echo(records.as_json(_person_at(email)), nl=False)


@people.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_person(email: str, yes: bool) -> None:
    """Erase the person at EMAIL, but for the books and a hash of the address."""
    person = _person_at(email)
    if not yes:
        click.confirm(f"Erase {person.email}? This cannot be undone.", abort=True)
    db.session.rollback()  # Nothing stays locked while somebody thinks.
    try:
        kept = my_data.erase(_person_at(email))
    except records.CannotErase as hindrance:
        db.session.rollback()
        raise click.ClickException(str(hindrance)) from None
    db.session.commit()
    click.echo(f"Erased {email}: name, address and consents, and")
    for part in records.PARTS.values():
        click.echo(f"- {part.holds}")
    click.echo("Kept: a hash of the address, so that no import brings it back")
    for said in kept:
        click.echo(f"- {said}")
