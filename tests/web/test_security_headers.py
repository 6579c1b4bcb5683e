import re

import pytest

from app.web.security_headers import content_security_policy

ADDRESSES = ["/pages/links", "/pages/personal", "/pages/missing", "/pages/crash", "/healthz", "/nowhere"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("times", [1, 2])
def test_every_answer_says_what_may_be_done_with_it(web, address, times):
    headers = [web.get(address) for _ in range(times)][-1].headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert "Server" not in headers


def test_the_policy_lets_nothing_inline_run(web):
    policy = web.get("/pages/links").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "*" not in policy
    for part in ("script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy.split("; ")


def test_paying_may_lead_to_stripe_and_forms_nowhere_else(web):
    policy = web.get("/pages/links").headers["Content-Security-Policy"]
    assert re.search(r"form-action 'self' https://checkout\.stripe\.com(;|$)", policy)


def test_the_stand_in_for_stripe_may_be_paid_at(web):
    config = dict(web.application.config) | {"STRIPE_API_BASE": "http://localhost:8420"}
    assert "form-action 'self' https://checkout.stripe.com http://localhost:8420" in content_security_policy(config)


def test_only_videos_may_be_framed(web):
    policy = web.get("/pages/links").headers["Content-Security-Policy"]
    assert "frame-src https://www.youtube-nocookie.com" in policy.split("; ")


def test_over_https_browsers_are_told_to_stay_there(another_site):
    secured = another_site(SITE_URL="https://www.example.org")
    assert secured.get("/pages/links").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_picture_may_be_shown_in_web_mail_and_a_script_may_not_be_borrowed(web):
    assert web.get("/static/js/site.js").headers["Cross-Origin-Resource-Policy"] == "same-origin"
