"""flask stripe reconcile."""

from datetime import timedelta

import click
from flask.cli import AppGroup, with_appcontext

from app.payments import stripe_gateway
from app.payments.reconciling.reconciling import FARTHEST, reconcile

stripe = AppGroup("stripe", help="Stripe's records and ours.")


@stripe.command("reconcile")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=FARTHEST.days, show_default=True, help="How far to look back."
)
@with_appcontext
def reconcile_records(days: int) -> None:
    """Compare Stripe's records with ours, mend what is safe, list the rest; it fails while something is left."""
    if not stripe_gateway.is_set_up():
        raise click.ClickException(
            "STRIPE_SECRET_KEY is not set: there is nothing to compare with. README.md says, near its top, which three "
            "values the stand-in of `make run` has."
        )
    run = reconcile(timedelta(days=days))
    for payment in run.payments:
        if payment.is_mended:
            click.echo(f"mended  {payment.number or payment.session_id}: {payment.our_state} now, as at Stripe")
        if payment.difference:
            click.echo(f"left    {payment.number or payment.session_id}: {payment.difference}")
    for finding in run.findings:
        click.echo(f"left    {finding.words}")
    click.echo(
        f"{len(run.payments)} payment pages of the last {days} days compared, {run.missed_events} missed events heard, "
        f"{run.mended} mended, {run.left} left over."
    )
    if run.trouble:
        raise click.ClickException(f"It ended early: {run.trouble}")
    if run.left:
        raise SystemExit(1)
