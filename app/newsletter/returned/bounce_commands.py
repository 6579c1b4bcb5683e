"""flask newsletter bounces: read what came back, from where mail servers put it."""

import logging
import sys
from pathlib import Path
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import InterfaceError, OperationalError

from app.newsletter.commands import newsletter
from app.newsletter.returned import bounce_boxes
from app.newsletter.returned.bounce_mail import LONGEST_MAIL

# From sysexits.h, which mail servers go by: keep the mail and try again; this is no mail.
TRY_AGAIN, NO_MAIL = 75, 65


@newsletter.command("bounces")
@click.option("--maildir", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Read this Maildir.")
@click.argument("mail", type=click.File("rb"), required=False)
@with_appcontext
def read_bounces(maildir: Path | None, mail: BinaryIO | None) -> None:
    """Read bounces, complaints and unsubscribe mail.

    MAIL is one mail as a file, or - for standard input, as a mail server's pipe gives it. Without it and --maildir, the
    mailboxes of the settings are read.
    """
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    try:
        tally = _read_one(mail) if mail else _read_boxes(maildir)
    except (OperationalError, InterfaceError) as problem:
        click.echo(f"DATABASE_URL: {str(problem.orig).strip().splitlines()[0]}", err=True)
        sys.exit(TRY_AGAIN)
    except (bounce_boxes.UnreachableMailbox, OSError) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(", ".join(f"{number} {what}" for what, number in sorted(tally.items())) or "Nothing new.")
    if mail and bounce_boxes.MALFORMED in tally:
        click.echo("This is no mail that can be read. Nothing was done, and no copy of it is kept.", err=True)
        sys.exit(NO_MAIL)


def _read_one(mail: BinaryIO) -> bounce_boxes.Tally:
    return bounce_boxes.Tally([bounce_boxes.take_in(mail.read(LONGEST_MAIL + 1), "from the pipe", keeps=False)])


def _read_boxes(maildir: Path | None) -> bounce_boxes.Tally:
    config = current_app.config
    folder, url = maildir or config["BOUNCE_MAILDIR"], None if maildir else config["BOUNCE_IMAP_URL"]
    if not (folder or url):
        raise click.ClickException("Say where to read: set BOUNCE_IMAP_URL or BOUNCE_MAILDIR, or give --maildir or -.")
    tally = bounce_boxes.Tally()
    if folder:
        tally += bounce_boxes.read_maildir(Path(folder))
    if url:
        tally += bounce_boxes.read_imap(url)
    return tally
