from email import message_from_bytes, policy

import pytest

from app.outbox.smtp import message_for
from tests.newsletter.conftest import ADA

# What each mail must lead to, in both its parts, and whether it is mail of a list.
MAILS = {
    "newsletter/confirm_subscription": (["confirm"], False),
    "newsletter/already_subscribed": (["preferences", "unsubscribe"], True),
    "newsletter/new_link": (["preferences", "unsubscribe"], True),
    "newsletter/not_subscribed": ([""], False),
    "followups/step": (["preferences", "unsubscribe"], True),
}


@pytest.fixture
def mails(ada, mail, work, clock):
    """One of each, by template."""
    ada.subscribe(first_name="Ada")
    work()
    clock.advance(hours=1)
    ada.sign_up()
    clock.advance(hours=1)
    ada.client.post("/newsletter/new-link", data={"email": ADA})
    ada.client.post("/newsletter/new-link", data={"email": "nobody@example.org"})
    return {email.template: email for email in mail.all}


def test_every_mail_is_whole(mails):
    assert mails.keys() == MAILS.keys()
    for template, (links, of_a_list) in MAILS.items():
        message = message_from_bytes(message_for(mails[template]).as_bytes(), policy=policy.default)
        text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        for part in (text, html):
            assert all(f"http://localhost:8000/newsletter/{link}" in part for link in links), template
            assert not any(broken in part for broken in ("{{", "{%", "None", "Undefined")), template
            assert "Sample postal address" in part
        assert 'href=""' not in html
        assert "<style" in html
        assert "prefers-color-scheme: dark" in html
        assert "\n\n\n\n" not in text
        assert message["Subject"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert ("List-Unsubscribe" in message) == ("List-Unsubscribe-Post" in message) == of_a_list


def test_every_list_mail_leads_out_with_one_click(mails, ada):
    for template, (_, of_a_list) in MAILS.items():
        if of_a_list:
            url = mails[template].headers["List-Unsubscribe"].split(">")[0].strip("<")
            assert ada.client.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
            assert ada.subscription.state == "left"
