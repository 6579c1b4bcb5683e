"""What is offered, to whoever comes by."""

import pytest

from app.coaching.availability.kinds import ConsultationKind
from app.extensions import db


@pytest.mark.parametrize("path", ["/coaching/", "/coaching/requested", "/coaching/links"])
def test_public_pages_set_no_cookie_and_are_the_same_for_everybody(offer, client, path):
    first, second = client.get(path), client.get(path + "?email=ada@example.org", headers={"Cookie": "session=x"})
    assert first.status_code == 200
    assert first.data == second.data
    assert "Set-Cookie" not in first.headers
    assert "csrf" not in first.text
    assert first.headers["Cache-Control"].startswith("public")


def test_the_offer_shows_what_the_content_says_and_leads_both_ways(offer, client):
    kind = db.session.query(ConsultationKind).filter_by(slug="introduction").one()
    kind.price_cents = 4500
    db.session.commit()
    page = client.get("/coaching/").text
    assert offer.title in page
    assert "45 minutes, no charge" in page
    assert "15 minutes, $45" in page
    assert "There is no charge for a first consultation." in page
    assert "Robin Park" in page
    for link in ("/coaching/book", "/coaching/request", "/coaching/book?kind=introduction"):
        assert f'href="{link}"' in page
        assert client.get(link).status_code == 200
    assert "How the 45 minutes go" in page
