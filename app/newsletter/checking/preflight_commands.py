"""flask newsletter preflight: an issue looked over from the command line."""

import click
from flask.cli import with_appcontext

from app.newsletter.checking import preflight
from app.newsletter.commands import newsletter
from app.newsletter.issues.models import Issue


@newsletter.command("preflight")
@click.argument("slug", metavar="ISSUE")
@with_appcontext
def preflight_issue(slug: str) -> None:
    """Say what has to be mended in ISSUE (its slug) before it may go; fails while something blocks."""
    if (issue := Issue.at(slug)) is None:
        raise click.ClickException(f"There is no issue {slug!r}.")
    preflight.ask_outside(issue)
    findings = preflight.check(issue)
    for finding in findings:
        about = f" {finding.field}:" if finding.field else ""
        click.echo(f"{'blocks' if finding.blocks else 'warns '} {about} {finding.message}")
    if any(finding.blocks for finding in findings):
        raise click.exceptions.Exit(1)
    click.echo("Nothing stands in its way.")
