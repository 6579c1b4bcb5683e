"""What the hub's pages tell search engines about themselves. Every word here stands on the page too."""

from app.hub.gathering import Hub
from app.hub.models import Article
from app.hub.social_card import social_card
from app.json_ld import Thing, breadcrumbs, faq_page, organization
from app.urls import absolute_url


def of_home(description: str) -> list[Thing]:
    publisher = organization()
    site: Thing = {
        "@type": "WebSite",
        "name": publisher["name"],
        "url": publisher["url"],
        "description": description,
        "inLanguage": "en-US",
        "publisher": {"@id": publisher["@id"]},
    }
    return [publisher, site]


def of_article(article: Article) -> list[Thing]:
    url = absolute_url("hub.show_article", slug=article.slug)
    home = organization()
    thing: Thing = {
        "@type": "Article",
        "headline": article.title,
        "description": article.description,
        "articleSection": article.topic,
        "wordCount": article.words,
        "datePublished": article.published_on.isoformat(),
        "dateModified": article.updated_on.isoformat(),
        "image": absolute_url("static", filename=f"social/{social_card(article.slug)}.png"),
        "mainEntityOfPage": url,
        "inLanguage": "en-US",
        "author": {"@id": home["@id"]},
        "publisher": {"@id": home["@id"]},
    }
    return [home, thing, breadcrumbs(_parent(article), (article.title, url))]


def of_hub(hub: Hub) -> list[Thing]:
    url = absolute_url("hub.show_hub", slug=hub.slug)
    home = organization()
    collection: Thing = {
        "@type": "CollectionPage",
        "name": hub.title,
        "description": hub.description,
        "url": url,
        "datePublished": hub.published_on.isoformat(),
        "dateModified": hub.updated_on.isoformat(),
        "inLanguage": "en-US",
        "publisher": {"@id": home["@id"]},
        "hasPart": [
            {"@type": "Article", "headline": article.title, "url": absolute_url("hub.show_article", slug=article.slug)}
            for article in hub.articles
        ],
    }
    questions = faq_page(url, (question.as_asked for question in hub.questions))
    return [home, collection, *questions, breadcrumbs((hub.title, url))]


def _parent(article: Article) -> tuple[str, str]:
    if article.hub:
        return article.hub.title, absolute_url("hub.show_hub", slug=article.hub.slug)
    return "Articles", absolute_url("hub.list_articles")
