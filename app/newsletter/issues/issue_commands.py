"""flask newsletter draft, send and status: an issue from the command line."""

import json
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app import front_matter as read
from app.clock import now
from app.content_files import ContentError, ContentFile
from app.extensions import db, enqueue_after_commit
from app.followups import daily
from app.newsletter.checking import preflight
from app.newsletter.commands import newsletter
from app.newsletter.issues.audience import Audience, AudienceError
from app.newsletter.issues.drafting import new_draft, problems_of_body, problems_of_line
from app.newsletter.issues.models import Issue, WrongMoment
from app.newsletter.issues.pictures import Picture, PictureError
from app.newsletter.sending.deliveries import Delivery
from app.newsletter.tasks import send_issues

LINES = {"subject": 200, "preview": 200, "sender_name": 120, "cover_alt": 300}
OPTIONAL = (*LINES, "cover", "public", "include", "exclude")


@newsletter.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def draft(file: Path) -> None:
    """Make a draft of FILE, Markdown with front matter, and print its slug.

    The front matter holds a title and, as wanted: subject, preview, sender_name, cover (a picture file beside it),
    cover_alt, public (true or false), include and exclude (whom it is meant for, by kind).
    """
    try:
        issue = _draft_of(ContentFile.read(file, required=("title",), optional=OPTIONAL))
    except (ContentError, OSError) as problem:
        raise click.ClickException(" ".join(str(problem).split())) from None
    db.session.commit()
    click.echo(issue.slug)


@newsletter.command()
@click.argument("slug", metavar="ISSUE")
@click.option("--yes", is_flag=True, help="Really send it.")
@with_appcontext
def send(slug: str, yes: bool) -> None:
    """Send ISSUE (its slug) now to everyone it is meant for; the worker does the sending."""
    issue = _wanted(slug)
    preflight.ask_outside(issue)
    found = [finding.message for finding in preflight.check(issue) if finding.blocks]
    checked, locked = issue.revision, Issue.for_update(issue.id)
    if locked is None:
        raise click.ClickException("The issue was deleted while it was looked over.")
    issue = locked
    if issue.revision != checked:
        raise click.ClickException("The issue was changed while it was looked over. Please try again.")
    if found:
        raise click.ClickException("This issue must not go out yet.\n" + "\n".join(f"- {message}" for message in found))
    count = issue.audience.count()
    if not count:
        raise click.ClickException("Nobody belongs to its audience, so there is nobody to send it to.")
    if not yes:
        raise click.ClickException(f"It would go to {count:,} subscribers. Say --yes to send it.")
    before = Issue.last_gone_within(daily.A_DAY)
    try:
        issue.schedule(now())
    except WrongMoment as problem:
        raise click.ClickException(str(problem)) from None
    enqueue_after_commit(send_issues)
    db.session.commit()
    click.echo(f"On its way to {count:,} subscribers. See flask newsletter status {slug}.")
    if before:
        click.echo(f"Whoever got {before.slug} within the last day, or gets it still, gets this a day after it.")


@newsletter.command()
@click.argument("slug", metavar="ISSUE")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@with_appcontext
def status(slug: str, as_json: bool) -> None:
    """Say how far ISSUE (its slug) has got: how many deliveries are in each state."""
    known = _status_of(_wanted(slug))
    if as_json:
        click.echo(json.dumps(known))
    else:
        for name, value in known.items():
            if value not in ("", None):
                click.echo(f"{name.replace('_', ' ')}: {value}")


def _status_of(issue: Issue) -> dict[str, Any]:
    counts = ("recipients", "sent", "failed", "skipped", "waiting", "not_sent")
    moments = ("scheduled_at", "frozen_at", "paused_at", "cancelled_at", "finished_at")
    return {
        "issue": issue.slug,
        "state": issue.state,
        **{name: getattr(issue, name) for name in counts},
        **{name: moment.isoformat() if (moment := getattr(issue, name)) else None for name in moments},
        "next_due_at": due.isoformat() if (due := Delivery.next_due(issue.id)) else None,
        "pause_reason": issue.pause_reason,
        "trouble": issue.trouble,
    }


def _wanted(slug: str) -> Issue:
    if issue := Issue.at(slug):
        return issue
    raise click.ClickException(f"There is no issue {slug!r}.")


def _draft_of(file: ContentFile) -> Issue:
    """Raises ContentError."""
    lines = {name: read.optional_line(file, name, most) for name, most in LINES.items()}
    title, body = read.line(file, "title"), read.body(file).strip()
    lines["subject"] = lines["subject"] or title
    problems = [*problems_of_line(lines["subject"]), *problems_of_line(lines["preview"]), *problems_of_body(body)]
    if problems:
        raise ContentError(f"{file.path}: {' '.join(problems)}")
    audience = _audience_of(file)
    return new_draft(
        title,
        body=body,
        cover=_cover_of(file),
        is_public=read.yes_or_no(file, "public"),
        include=audience.include,
        exclude=audience.exclude,
        **lines,
    )


def _audience_of(file: ContentFile) -> Audience:
    sides = [file.meta.get(side) or {} for side in ("include", "exclude")]
    if not all(isinstance(side, dict) for side in sides):
        raise ContentError(f"{file.path}: include and exclude hold kinds, such as tags: [conference]")
    # YAML reads a day as a date; an audience holds it as it is written.
    written = [{kind: str(day) if kind == "engaged_since" else day for kind, day in side.items()} for side in sides]
    try:
        return Audience.chosen(*written)
    except AudienceError as problem:
        raise ContentError(f"{file.path}: {problem}") from None


def _cover_of(file: ContentFile) -> str:
    """The path of the cover on the site; a full address stays what it is."""
    cover = read.optional_line(file, "cover", 500)
    if not cover or cover.startswith("https://"):
        return cover
    try:
        return Picture.taken_from((file.path.parent / cover).read_bytes()).path
    except PictureError as problem:
        raise ContentError(f"{file.path}: cover: {problem}") from None
