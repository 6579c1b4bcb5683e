"""Limits on forms anyone can fill in: what counts as the same address, and what counts at all."""

import pytest
from flask import request

from app.extensions import limiter
from app.limits import mailbox_of, typed_address, wait_in_words


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+tag@example.org", "ada@example.org"),
        ("ada+a+b@example.org", "ada@example.org"),
        ("a.d.a+b@gmail.com", "ada@gmail.com"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("+tag@example.org", "+tag@example.org"),
        ("owner@localhost", "owner@localhost"),
    ],
)
def test_a_mailbox_has_one_name(address, mailbox):
    assert mailbox_of(address) == mailbox


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "ada@example.org",
            " ADA@Example.ORG ",
            "ada+x@example.org",
            "ada@\uff45xample.org",
            "\uff41\uff44\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff4f\uff52\uff47",
        ),
        "ada@example\u3002org",
    ],
)
def test_an_address_counts_as_one_however_it_is_typed(app, typed):
    with app.test_request_context(method="POST", data={"email": typed}):
        assert typed_address() == "ada@example.org"


@pytest.mark.parametrize("typed", ["", "@", "ada", "a@" + "x" * 5000, "a@..", "\ud800@x", "@@@", "a@xn--"])
def test_what_is_no_address_is_counted_too(app, typed):
    with app.test_request_context(method="POST"):
        request.form = {"email": typed}
        assert len(typed_address()) <= 254


def ask_for_links(client, email, network, **fields):
    data = {"email": email, **fields}
    return client.post("/coaching/links", data=data, environ_overrides={"REMOTE_ADDR": f"10.0.{network}.1"}).status_code


def test_a_hospitals_domain_has_a_limit_and_a_mailbox_provider_has_none(client, limits):
    def from_many_networks(count, name, domain, **fields):
        return {ask_for_links(client, f"{name}{n}@{domain}", n // 30, **fields) for n in range(count)}

    assert from_many_networks(20, "a b", "hospital.example.org") == {422}
    assert from_many_networks(20, "p", "hospital.example.org", website="x") == {303}
    assert from_many_networks(300, "p", "hospital.example.org") == {303}
    assert ask_for_links(client, "late@Hospital.example.org", 200) == 429
    limiter.reset()
    assert from_many_networks(320, "p", "gmail.com") == {303}


def test_the_wait_that_is_told_is_never_too_short():
    told = [wait_in_words(seconds) for seconds in (1, 61, 90 * 60, 90 * 60 + 1, 24 * 3600)]
    assert told == ["in a minute", "in 2 minutes", "in 90 minutes", "in 2 hours", "in 24 hours"]
