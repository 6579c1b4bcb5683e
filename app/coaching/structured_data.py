"""What the offer tells search engines about itself. Every word here stands on the page too."""

from collections.abc import Sequence

from app.coaching.offer import CoachingOffer
from app.hub.models import Question
from app.json_ld import Thing, breadcrumbs, faq_page, organization
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
    asked = faq_page(url, (question.as_asked for question in questions))
    return [home, service, *asked, breadcrumbs((offer.title, url))]
