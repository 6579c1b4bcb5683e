"""What others say of an issue: the pages it links to, and the records of the sender's domain."""

import time
from datetime import date

import pytest

from app import outside
from app.config import SAMPLE_ADDRESS
from app.extensions import db, queue
from app.followups.leaving import unsubscribe_url
from app.hub.models import Article
from app.newsletter.checking import preflight
from app.newsletter.checking.outside_checks import OutsideCheck
from app.newsletter.issues.models import Issue
from tests.newsletter.checking.test_preflight import SITE, issue_with
from tests.newsletter.conftest import fresh

DOMAIN = "doctor.example.org"


def codes(issue):
    return [finding.code for finding in preflight.check(issue)]


def issue_about(*urls):
    issue = issue_with(body="\n\n".join(["Words.", *(f"[words]({url})" for url in urls)]))
    db.session.commit()
    return issue


def test_links_are_asked_in_the_background_and_block_until_they_are_known(app, web, work, clock):
    web.answers["/there"] = 200
    there, gone = (f"http://shop.example.org:{web.port}/{path}" for path in ("there", "gone"))
    issue = issue_about(there, gone)
    assert codes(issue) == ["being-checked"]
    assert web.asked == []
    work()
    (finding,) = preflight.check(fresh(lambda: db.session.get(Issue, issue.id)))
    assert (finding.code, finding.blocks, finding.field) == ("dead-link", True, "body")
    assert gone in finding.message
    assert "404" in finding.message


def test_what_is_known_is_not_asked_again_until_it_is_old(app, web, work, clock):
    web.answers |= {"/": 200}
    issue = issue_about(f"http://shop.example.org:{web.port}/")
    for _ in range(3):
        preflight.ask_outside(issue)
        assert codes(issue) == []
    assert len(web.asked) == 1
    clock.advance(hours=7)
    assert codes(issue) == ["being-checked"]
    work()
    assert codes(issue) == []
    assert len(web.asked) == 2


def test_a_link_that_is_mended_is_asked_again_at_the_owners_word(app, web, work, clock):
    issue = issue_about(f"http://shop.example.org:{web.port}/late")
    preflight.ask_outside(issue)
    assert codes(issue) == ["dead-link"]
    web.answers["/late"] = 200
    assert codes(issue) == ["dead-link"]
    preflight.ask_again(issue)
    db.session.commit()
    assert codes(issue) == ["being-checked"]
    work()
    assert codes(issue) == []


def test_looking_often_asks_once(app, web, work, clock):
    web.answers |= {"/": 200}
    issue = issue_about(f"http://shop.example.org:{web.port}/")
    for _ in range(5):
        codes(issue)
    work()
    assert len(web.asked) == 1


def test_two_workers_share_the_asking_and_a_dead_ones_part_is_taken_over(app, clock):
    def claimed():
        return fresh(lambda: OutsideCheck.claim(["https://example.org/"]))

    assert claimed() == ["https://example.org/"]
    assert claimed() == []
    clock.advance(minutes=3)
    assert claimed() == ["https://example.org/"]


def test_a_server_that_shuns_programs_warns(app, web, clock):
    web.answers["/"] = 403
    issue = issue_about(f"http://shop.example.org:{web.port}/")
    preflight.ask_outside(issue)
    (finding,) = preflight.check(issue)
    assert (finding.code, finding.blocks) == ("unchecked-link", False)


def test_a_picture_that_is_not_there_blocks(app, web, clock):
    issue = issue_with(body=f"![A cup](http://shop.example.org:{web.port}/cup.png)")
    db.session.commit()
    preflight.ask_outside(issue)
    (finding,) = preflight.check(issue)
    assert finding.blocks
    assert finding.message.startswith("The picture")


def test_a_link_too_long_to_keep_is_left_to_the_owner(app, web, clock):
    issue = issue_about(f"https://example.org/{'x' * 2000}")
    assert codes(issue) == ["unchecked-link"]


def test_a_queue_that_is_down_fails_nothing(app, web, clock, monkeypatch):
    monkeypatch.setattr(queue, "storage", None)
    assert codes(issue_about(f"http://shop.example.org:{web.port}/")) == ["being-checked"]


def test_pages_of_this_site_are_asked_of_the_site(app, web, clock):
    day = {"published_on": date(2026, 11, 23), "updated_on": date(2026, 11, 23)}
    db.session.add(Article(slug="here", title="Here", summary="A", description="B", topic="t", body="C", **day))
    db.session.commit()
    assert codes(issue_about(f"{SITE}/articles/here", f"{SITE}/articles/", SITE)) == []
    (finding,) = preflight.check(issue_about(f"{SITE}/articles/nowhere"))
    assert (finding.code, finding.blocks) == ("dead-link", True)
    assert codes(issue_about(f"{SITE}/no-such-place?x=1")) == ["dead-link"]
    assert queue.storage.queue_size() == 0


def test_somebodys_own_link_pasted_into_a_letter_blocks(app, clock, ada):
    ada.subscribe()
    (finding,) = preflight.check(issue_about(unsubscribe_url(ada.person)))
    assert (finding.code, finding.blocks) == ("personal-link", True)
    assert codes(issue_about("{unsubscribe_url}", "{preferences_url}", "{browser_url}")) == []


@pytest.fixture
def sending(app, name_server, monkeypatch):
    """The site as if it had a mail server, and a domain with all that providers ask for."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", "smtp.example.org")
    monkeypatch.setitem(app.config, "MAIL_DKIM_SELECTOR", "s1")
    monkeypatch.setitem(app.config, "POSTAL_ADDRESS", "1 Main Street, Springfield")
    name_server.records |= {
        (DOMAIN, "TXT"): ["something=else", "v=spf1 include:example.net -all"],
        (f"s1._domainkey.{DOMAIN}", "TXT"): ["v=DKIM1; k=rsa; p=MIGf"],
        (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=none; rua=mailto:x@example.org"],
    }
    return name_server


def looked_up(issue):
    preflight.ask_outside(issue)
    return {finding.code: finding.blocks for finding in preflight.check(issue)}


def test_a_domain_with_all_three_records_passes(app, sending, clock):
    issue = issue_about()
    assert codes(issue) == ["being-checked"]
    assert looked_up(issue) == {}


@pytest.mark.parametrize(
    ("name", "texts", "code"),
    [
        (DOMAIN, ["something=else"], "spf"),
        (DOMAIN, ["v=spf10 -all"], "spf"),
        (DOMAIN, ["v=spf1 -all", "v=spf1 +all"], "spf"),
        (f"s1._domainkey.{DOMAIN}", [], "dkim"),
        (f"s1._domainkey.{DOMAIN}", ["v=DKIM1; p="], "dkim"),
        (f"s1._domainkey.{DOMAIN}", ["v=DMARC1; p=reject"], "dkim"),
        (f"_dmarc.{DOMAIN}", [], "dmarc"),
        (f"_dmarc.{DOMAIN}", ["v=DMARC1; rua=mailto:x@example.org"], "dmarc"),
        (f"_dmarc.{DOMAIN}", ["hello"], "dmarc"),
    ],
)
def test_a_record_that_is_missing_or_worth_nothing_blocks(app, sending, clock, name, texts, code):
    sending.records[name, "TXT"] = texts
    assert looked_up(issue_about()) == {code: True}


def test_the_policy_of_the_domain_above_counts(app, sending, clock):
    sending.records["_dmarc.example.org", "TXT"] = sending.records.pop((f"_dmarc.{DOMAIN}", "TXT"))
    assert looked_up(issue_about()) == {}


def test_name_servers_that_are_away_warn(app, sending, clock):
    sending.is_ill = True
    assert looked_up(issue_about()) == {"spf-unchecked": False, "dmarc-unchecked": False, "dkim-unchecked": False}


@pytest.fixture
def without_selector(app, sending, monkeypatch):
    """A site whose owner did not say where its DKIM key stands, and whose provider uses a word of its own."""
    monkeypatch.setitem(app.config, "MAIL_DKIM_SELECTOR", None)
    sending.records[f"made-up._domainkey.{DOMAIN}", "TXT"] = sending.records.pop((f"s1._domainkey.{DOMAIN}", "TXT"))
    return sending


@pytest.mark.parametrize("selector", ["google", "selector2", "k3", "pm"])
def test_without_the_selector_a_key_under_a_usual_one_is_enough(app, without_selector, clock, selector):
    without_selector.records[f"{selector}._domainkey.{DOMAIN}", "TXT"] = ["k=rsa; p=MIGf"]
    assert looked_up(issue_about()) == {}


def test_without_the_selector_and_a_key_that_can_be_found_it_blocks_and_says_what_to_set(app, without_selector, clock):
    without_selector.records[f"default._domainkey.{DOMAIN}", "TXT"] = ["v=DKIM1; p="]
    issue = issue_about()
    assert looked_up(issue) == {"dkim": True}
    (finding,) = preflight.check(issue)
    assert "set MAIL_DKIM_SELECTOR to the word before ._domainkey" in finding.message
    asked = len(without_selector.asked)
    looked_up(issue)
    assert len(without_selector.asked) == asked


def test_without_the_selector_silent_name_servers_cost_little_and_warn(app, without_selector, clock, monkeypatch):
    monkeypatch.setattr(outside, "PATIENCE_SECONDS", 0.1)
    without_selector.is_silent = True
    began = time.monotonic()
    assert looked_up(issue_about())["dkim-unchecked"] is False
    assert time.monotonic() - began < 5


def test_the_sample_of_a_postal_address_blocks_once_mail_goes_out(app, sending, clock, monkeypatch):
    monkeypatch.setitem(app.config, "POSTAL_ADDRESS", SAMPLE_ADDRESS)
    issue = issue_about()
    assert looked_up(issue) == {"postal-address": True}
    assert "set POSTAL_ADDRESS" in preflight.check(issue)[0].message
    monkeypatch.setitem(app.config, "MAIL_SERVER", None)
    assert looked_up(issue) == {}


def test_a_site_that_sends_nothing_or_from_its_own_desk_is_asked_for_no_records(app, sending, clock, monkeypatch):
    monkeypatch.setitem(app.config, "MAIL_DEFAULT_SENDER", "hello@localhost")
    assert looked_up(issue_about()) == {}
    monkeypatch.setitem(app.config, "MAIL_DEFAULT_SENDER", f"hello@{DOMAIN}")
    monkeypatch.setitem(app.config, "MAIL_SERVER", None)
    assert looked_up(issue_about()) == {}
    assert sending.asked == []


def test_records_are_kept_for_an_hour(app, sending, clock):
    issue = issue_about()
    looked_up(issue)
    asked = len(sending.asked)
    clock.advance(minutes=59)
    looked_up(issue)
    assert len(sending.asked) == asked
    clock.advance(minutes=2)
    looked_up(issue)
    assert len(sending.asked) == 2 * asked


def test_the_command_says_it_in_a_line_each_and_fails_while_something_blocks(app, web, clock):
    web.answers["/"] = 200
    issue = issue_about(f"http://shop.example.org:{web.port}/", f"http://shop.example.org:{web.port}/gone")
    run = app.test_cli_runner().invoke
    answer = run(args=["newsletter", "preflight", issue.slug])
    assert answer.exit_code == 1
    (line,) = answer.output.splitlines()
    assert line.startswith("blocks  body: ")
    assert "/gone" in line
    issue.body, issue.subject = "Words.", "w" * 80
    db.session.commit()
    answer = run(args=["newsletter", "preflight", issue.slug])
    assert answer.exit_code == 0
    assert answer.output.startswith("warns   subject: ")
    assert answer.output.endswith("Nothing stands in its way.\n")
    assert "no issue 'nowhere'" in run(args=["newsletter", "preflight", "nowhere"]).output
