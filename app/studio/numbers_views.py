"""What came of the newsletter: of one issue, of the latest ones, and how the list grows. Nothing counts the ledger."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.extensions import db
from app.newsletter import growth, numbers
from app.newsletter.issues.models import Issue, WrongMoment
from app.newsletter.numbers import Numbers
from app.studio.blueprint import bp
from app.studio.charts import Chart
from app.studio.issue_views import AN_ISSUE, wanted, wanted_for_update

DAYS, WEEKS = 90, 52


@bp.get(f"{AN_ISSUE}/numbers")
def show_numbers(issue_id: int) -> ResponseReturnValue:
    issue = wanted(issue_id)
    links, scanner_visits = numbers.of_links(issue)
    return render_template(
        "studio/issue_numbers.html", issue=issue, numbers=Numbers(issue), links=links, scanner_visits=scanner_visits
    )


@bp.post(f"{AN_ISSUE}/publication")
def publish_issue(issue_id: int) -> ResponseReturnValue:
    issue, is_public = wanted_for_update(issue_id), request.form.get("public") == "yes"
    try:
        issue.publish(is_public)
    except WrongMoment as moment:
        flash(str(moment), "bad")
        return redirect(url_for(".show_issue", issue_id=issue_id), 303)
    db.session.commit()
    flash(_said_of(issue), "good")
    return redirect(url_for(".show_numbers", issue_id=issue_id), 303)


@bp.get("/newsletter")
def show_newsletter() -> ResponseReturnValue:
    by_week = request.args.get("span") == "year"
    spans = growth.by_week(WEEKS) if by_week else growth.by_day(DAYS)
    latest = numbers.of_latest_issues()
    return render_template(
        "studio/newsletter.html",
        latest=latest,
        charts=_charts_of(latest[::-1]) if latest else [],
        by_week=by_week,
        spans=spans,
        growth_chart=_chart_of(spans, by_week),
        sources=growth.by_source(WEEKS * 7 if by_week else DAYS),
    )


def _said_of(issue: Issue) -> str:
    if not issue.is_public:
        return "Only who got it can read it now. It may stand in search engines for a while."
    return "Anybody can read it on the site." if issue.is_archived else "Anybody will be able to read it once it goes."


def _charts_of(issues: list[Numbers]) -> list[Chart]:
    labels = [f"{each.issue.title}, {_day(each.issue.frozen_at.date())}" for each in issues if each.issue.frozen_at]
    unwanted = {
        "Bounced": [each.bounced.number for each in issues],
        "Unsubscribed": [each.unsubscribed.number for each in issues],
        "Complained": [each.complained.number for each in issues],
        "Failed": [each.failed.number for each in issues],
    }
    delivered = Chart.of("Delivered", labels, {"Delivered": [each.delivered.number for each in issues]})
    return [delivered, Chart.of("Bounced, unsubscribed, complained, failed", labels, unwanted)]


def _chart_of(spans: list[growth.Span], by_week: bool) -> Chart:
    labels = [f"Week from {_day(span.day)}" if by_week else _day(span.day) for span in spans]
    return Chart.of(
        "Joined and left",
        labels,
        {"Joined": [span.joined for span in spans], "Left": [span.departed for span in spans]},
    )


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
