from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.hub import feeds, structured_data
from app.hub.gathering import Hub
from app.hub.models import Article, Page
from app.hub.search import LONGEST_QUERY, find
from app.hub.social_card import social_card
from app.json_ld import breadcrumbs, json_ld
from app.publishing import public_page
from app.urls import absolute_url

bp = Blueprint("hub", __name__)

ARTICLES_ON_HOME = 5


@bp.get("/")
@public_page
def home() -> ResponseReturnValue:
    page, articles = Page.at("home"), Article.newest_first()[:ARTICLES_ON_HOME]
    return render_template(
        "hub/home.html",
        page=page,
        hubs=Hub.all(),
        articles=articles,
        canonical_url=absolute_url("hub.home"),
        structured_data=json_ld(*structured_data.of_home(page.description if page else "")),
    )


@bp.get("/hubs/<slug>")
@public_page
def show_hub(slug: str) -> ResponseReturnValue:
    hub = Hub.at(slug) or abort(404)
    return render_template(
        "hub/show.html",
        hub=hub,
        social_card=social_card(hub.slug),
        canonical_url=absolute_url("hub.show_hub", slug=hub.slug),
        structured_data=json_ld(*structured_data.of_hub(hub)),
    )


@bp.get("/articles/")
@public_page
def list_articles() -> ResponseReturnValue:
    url = absolute_url("hub.list_articles")
    return render_template(
        "hub/articles.html",
        articles=Article.newest_first(),
        canonical_url=url,
        structured_data=json_ld(breadcrumbs(("Articles", url))),
    )


@bp.get("/articles/<slug>")
@public_page
def show_article(slug: str) -> ResponseReturnValue:
    article = Article.at(slug) or abort(404)
    before, after = _neighbors(article)
    return render_template(
        "hub/article.html",
        article=article,
        previous_article=before,
        next_article=after,
        social_card=social_card(article.slug),
        canonical_url=absolute_url("hub.show_article", slug=article.slug),
        structured_data=json_ld(*structured_data.of_article(article)),
    )


@bp.get("/guide")
@public_page
def guide() -> ResponseReturnValue:
    return _page("hub/guide.html", "guide", absolute_url("hub.guide"))


@bp.get("/<any(privacy, terms, accessibility):slug>")
@public_page
def show_page(slug: str) -> ResponseReturnValue:
    return _page("hub/page.html", slug, absolute_url("hub.show_page", slug=slug))


@bp.get("/search")
def search() -> ResponseReturnValue:
    query = request.args.get("q", "")[:LONGEST_QUERY]
    return render_template("hub/search.html", query=query, results=find(query))


@bp.get("/feed.atom")
@public_page
def atom_feed() -> ResponseReturnValue:
    return Response(feeds.atom(), content_type="application/atom+xml; charset=utf-8")


@bp.get("/feed.json")
@public_page
def json_feed() -> ResponseReturnValue:
    return Response(feeds.json_feed(), content_type="application/feed+json; charset=utf-8")


@bp.get("/sitemap.xml")
@public_page
def sitemap() -> ResponseReturnValue:
    return Response(feeds.sitemap(), content_type="application/xml; charset=utf-8")


@bp.get("/robots.txt")
@public_page
def robots() -> ResponseReturnValue:
    return Response(feeds.robots(), content_type="text/plain; charset=utf-8")


def _page(template: str, slug: str, url: str) -> str:
    page = Page.at(slug) or abort(404)
    return render_template(
        template,
        page=page,
        social_card=social_card(slug),
        canonical_url=url,
        structured_data=json_ld(breadcrumbs((page.title, url))),
    )


def _neighbors(article: Article) -> tuple[Article | None, Article | None]:
    """The articles before and after this one, as its hub orders them; without a hub, as the list of all does."""
    order = article.hub.reading_order() if article.hub else Article.newest_first()
    if article not in order:
        return None, None
    at = order.index(article)
    return (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) else None)
