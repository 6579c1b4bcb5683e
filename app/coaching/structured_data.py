"""What the offer tells search engines about itself. Every word here stands on the page too."""

from app.coaching.offer import CoachingOffer
from app.json_ld import Thing, breadcrumbs, organization
from app.urls import absolute_url


def of_offer(offer: CoachingOffer) -> list[Thing]:
    url = absolute_url("coaching.show_offer")
    home = organization()
    service: Thing = {
        "@type": "Service",
        "name": offer.title,
        "description": offer.lede,
        "serviceType": "Coaching",
        "url": url,
        "provider": {"@id": home["@id"]},
    }
    asked = [
        {"@type": "Question", "name": question.title, "acceptedAnswer": {"@type": "Answer", "text": question.text}}
        for question in offer.questions
    ]
    questions: list[Thing] = [{"@type": "FAQPage", "url": url, "mainEntity": asked}] if asked else []
    return [home, service, *questions, breadcrumbs((offer.title, url))]
