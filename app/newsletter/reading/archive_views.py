"""The archive: past issues, each a page of the site."""

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from app.json_ld import Thing, breadcrumbs, json_ld, organization
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import Cover
from app.newsletter.offer import Offer
from app.newsletter.reading import archive
from app.newsletter.views import bp
from app.publishing import public_page
from app.urls import absolute, absolute_url


@bp.get("/archive/")
@public_page
def show_archive() -> ResponseReturnValue:
    url = absolute_url("newsletter.show_archive")
    return _archive_page(archive.shelf(), canonical_url=url, structured_data=json_ld(breadcrumbs(*_way_here(url))))


@bp.get("/archive/before/<slug>")
@public_page
def show_archive_before(slug: str) -> ResponseReturnValue:
    issue = archive.issue_at(slug) or abort(404)
    url = absolute_url("newsletter.show_archive_before", slug=slug)
    return _archive_page(archive.shelf(issue), before=issue, canonical_url=url)


@bp.get("/archive/<slug>")
@public_page
def show_issue(slug: str) -> ResponseReturnValue:
    issue = archive.issue_at(slug) or abort(404)
    older, newer = archive.neighbors(issue)
    cover, url = archive.cover_of(issue), absolute_url("newsletter.show_issue", slug=slug)
    return render_template(
        "newsletter/issue.html",
        issue=issue,
        offer=Offer.current(),
        summary=archive.summary_of(issue),
        html=archive.html_of(issue),
        cover=cover,
        social_image=absolute(cover.url) if cover else None,
        older=older,
        newer=newer,
        canonical_url=url,
        structured_data=json_ld(*_told_of(issue, url, cover)),
    )


def _archive_page(shelf: archive.Shelf, **context: object) -> str:
    return render_template(
        "newsletter/archive.html", shelf=shelf, summary_of=archive.summary_of, offer=Offer.current(), **context
    )


def _way_here(url: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("Newsletter", absolute_url("newsletter.show_newsletter")), ("Past issues", url)


def _told_of(issue: Issue, url: str, cover: Cover | None) -> list[Thing]:
    home, archive_url = organization(), absolute_url("newsletter.show_archive")
    day = issue.frozen_at.date().isoformat() if issue.frozen_at else ""
    thing: Thing = {
        "@type": "Article",
        "headline": issue.title,
        "description": archive.summary_of(issue),
        "datePublished": day,
        "dateModified": day,
        "image": absolute(cover.url) if cover else absolute_url("static", filename="social/default.png"),
        "mainEntityOfPage": url,
        "isPartOf": {"@type": "CreativeWorkSeries", "name": _name_of_the_letter(), "url": archive_url},
        "inLanguage": "en-US",
        "isAccessibleForFree": True,
        "author": {"@id": home["@id"]},
        "publisher": {"@id": home["@id"]},
    }
    return [home, thing, breadcrumbs(*_way_here(archive_url), (issue.title, url))]


def _name_of_the_letter() -> str:
    offer = Offer.current()
    return offer.title if offer else "Newsletter"
