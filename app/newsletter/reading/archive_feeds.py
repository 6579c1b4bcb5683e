"""Past issues among what the site's feeds and its sitemap hold."""

from datetime import date

from app.hub import feeds
from app.newsletter.issues.models import Issue
from app.newsletter.reading import archive
from app.urls import absolute_url


def _entries(count: int) -> list[feeds.Entry]:
    return [
        feeds.Entry(
            url=_url(issue),
            title=issue.title,
            summary=archive.summary_of(issue),
            html=archive.html_of(issue),
            topic="newsletter",
            published_on=_day(issue),
            updated_on=_day(issue),
        )
        for issue in archive.newest(count)
    ]


def _pages() -> feeds.Pages:
    return [(_url(issue), _day(issue)) for issue in archive.everything()]


def _url(issue: Issue) -> str:
    return absolute_url("newsletter.show_issue", slug=issue.slug)


def _day(issue: Issue) -> date:
    return (issue.frozen_at or issue.created_at).date()


feeds.SOURCES.append(_entries)
feeds.MAPS.append(_pages)
