"""What the offer tells search engines about itself. Every word here stands on the page too."""

from collections.abc import Sequence

from app.coaching.offer import CoachingOffer
from app.hub.models import Question
from app.json_ld import Thing, breadcrumbs, organization
from app.urls import absolute_url


def of_offer(offer: CoachingOffer, questions: Sequence[Question]) -> list[Thing]:
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
        for question in questions
    ]
    frequent: list[Thing] = [{"@type": "FAQPage", "url": url, "mainEntity": asked}] if asked else []
    return [home, service, *frequent, breadcrumbs((offer.title, url))]
