"""What stops an issue from going out, and what it says."""

import uuid
from pathlib import Path

import pytest

from app.extensions import db
from app.newsletter.checking import preflight
from app.newsletter.checking.letter_rules import CLIPPED_AT_BYTES
from app.newsletter.checking.proofs import proof_of
from app.newsletter.issues.composing import compose
from app.newsletter.issues.models import Issue
from app.newsletter.sending import messages

SITE = "http://localhost:8000"


def issue_with(**fields):
    words = {"title": "Issue one", "subject": "A thought for Monday", "preview": "Short.", "body": "Words."}
    issue = Issue(slug=uuid.uuid4().hex, **{**words, **fields})
    db.session.add(issue)
    db.session.flush()
    return issue


def found(**fields):
    """The findings by code."""
    return {finding.code: finding for finding in preflight.check_letter(issue_with(**fields))}


def blocking(**fields):
    return sorted(code for code, finding in found(**fields).items() if finding.blocks)


def test_a_sound_issue_passes(app):
    body = "Dear {first_name|Doctor},\n\n## A head\n\n> Quoted [words](mailto:hello@example.org).\n\n- one\n- two"
    assert found(body=body, cover="https://example.org/c.png", cover_alt="A cup of coffee") == {}


@pytest.mark.parametrize("subject", ["", "   ", "{first_name}"])
def test_a_subject_that_somebody_would_get_empty_blocks(app, subject):
    finding = found(subject=subject)["subject-empty"]
    assert finding.blocks
    assert finding.field == "subject"


def test_a_long_subject_blocks_and_a_longish_one_warns(app):
    assert blocking(subject="word " * 31) == ["subject-long"]
    assert "154" in found(subject="word " * 31)["subject-long"].message
    assert not found(subject="w" * 71)["subject-cut"].blocks
    assert found(subject="w" * 70) == {}


def test_a_subject_without_a_word_and_a_long_preview_warn(app):
    assert not found(subject="🎉!!!")["subject-wordless"].blocks
    assert not found(preview="word " * 31)["preview-cut"].blocks


@pytest.mark.parametrize("name", ["subject", "preview", "body"])
def test_an_unknown_field_blocks_and_is_named(app, name):
    finding = found(**{name: "Dear {frist_name},"})["unknown-field"]
    assert finding.blocks
    assert finding.field == name
    assert "{frist_name}" in finding.message
    assert "{first_name}" in finding.message


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("Words.\n\n<div class='x'>Hello</div>", "“<div class='x'>Hello</div>” in line 3"),
        ("One\ntwo\nthree <b>bold</b> and <i>more</i>", "“<b>” in line 3"),
        ("One `a\nb` [two\nwords](https://example.org/) <br>", "“<br>” in line 3"),
        ("- One\n- two <u>", "“<u>” in line 2"),
        ("> Quoted\n\n<!-- a note to myself -->", "“<!-- a note to myself -->” in line 3"),
    ],
)
def test_html_that_readers_would_see_as_text_warns_and_names_the_line(app, body, named):
    finding = found(body=body)["raw-html"]
    assert not finding.blocks
    assert named in finding.message


@pytest.mark.parametrize("body", ["`<b>`", "    <b>code</b>", "```\n<b>\n```", "<https://example.org/>", "1 < 2 > 0"])
def test_what_only_looks_like_html_does_not_warn(app, body):
    assert "raw-html" not in found(body=body)


def test_a_name_without_a_word_in_its_stead_warns(app):
    assert found(subject="{first_name}, a thought")["no-fallback"].field == "subject"
    assert found(body="Dear {first_name},")["no-fallback"].field == "body"


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "TK: think of one"},
        {"preview": "TKTK"},
        {"title": "Issue TK"},
        {"body": "As (TK) said."},
        {"body": "![TK](https://example.org/a.png)"},
        {"cover": "https://example.org/a.png", "cover_alt": "Portrait of TK"},
    ],
)
def test_a_placeholder_left_in_blocks(app, fields):
    assert blocking(**fields) == ["tk"]


def test_every_placeholder_is_named_once(app):
    body = "One TK and **TK**.\n\nTwo.\n\n- Three TK\n\nOne TK and **TK**.\n\n![TK alt](https://example.org/a.png)"
    issue = issue_with(subject="TK subject", preview="TK preview", body=body)
    assert [(each.field, each.message) for each in preflight.check_letter(issue) if each.code == "tk"] == [
        ("subject", "Replace the TK that is left in “TK subject”."),
        ("preview", "Replace the TK that is left in “TK preview”."),
        ("body", "Replace the TK that is left in “One TK and TK.”."),
        ("body", "Replace the TK that is left in “Three TK”."),
        ("body", "Replace the TK that is left in “TK alt”."),
    ]


def test_a_placeholder_is_shown_with_the_words_around_it(app):
    message = found(body="Long before.\n\nAs **TK** said in [this](https://example.org/), so it is.")["tk"].message
    assert message == "Replace the TK that is left in “As TK said in this, so it is.”."


@pytest.mark.parametrize("body", ["TKI therapy", "STK", "tk", "[words](https://example.org/TK/)"])
def test_a_word_that_holds_the_letters_does_not(app, body):
    assert "tk" not in found(body=body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[words](/articles/one)", "relative-link"),
        ("[words](articles/one)", "relative-link"),
        ("[words](//example.org/one)", "relative-link"),
        ("[words](#head)", "anchor"),
        ("[words]()", "broken-link"),
        ("[words](https://)", "broken-link"),
        ("[words](https:///path)", "broken-link"),
        ("[words](https://exa mple.org)", "broken-link"),
        ("![A cup](/static/a.png)", "relative-image"),
        ("![](https://example.org/a.png)", "alt-missing"),
        ("[words](mailto:)", "broken-link"),
        ("[words](javascript:alert(1))", "broken-link"),
        ("", "body-empty"),
        ("\u200b&nbsp;", "body-empty"),
        ("***", "body-empty"),
        ("[a]: https://example.org", "body-empty"),
    ],
)
def test_what_leads_nowhere_in_a_mail_blocks(app, body, code):
    finding = found(body=body)[code]
    assert finding.blocks
    assert finding.field == "body"


@pytest.mark.parametrize(
    "body",
    [
        "Write `[words](https://address)` like this.",
        "    [words](https://address)",
        "![A cup of coffee](https://example.org/a.png)",
        "[![A cup of coffee](https://example.org/a.png)](https://example.org)",
        "[**words**](https://example.org)",
        "[words](MAILTO:hello@example.org?subject=Hello)",
        "As shown [1] (2024), [2][3].",
        "☕",
        "50 % of *many* | all || 100%%",
        "TKI therapy, TK1, tk.",
    ],
)
def test_a_good_letter_passes(app, body):
    assert found(body=body) == {}


@pytest.mark.parametrize("body", ["[](https://example.org)", "[ ](https://example.org)"])
def test_a_link_that_nobody_sees_warns(app, body):
    assert not found(body=f"Words.\n\n{body}")["wordless-link"].blocks


@pytest.mark.parametrize("field", ["*|FNAME|*", "{{ subscriber.first_name }}", "{{first_name}}", "%%first_name%%"])
def test_a_merge_field_of_another_system_blocks(app, field):
    for name in ("subject", "preview", "body"):
        finding = found(**{name: f"Dear {field},"})["unknown-field"]
        assert (finding.blocks, finding.field) == (True, name)


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "127.0.0.1", "127.1.2.3:5000", "[::1]", "site.test"])
def test_a_page_on_ones_own_desk_blocks_once_the_site_is_on_the_web(app, monkeypatch, host):
    body = f"[words](http://{host}/x)\n\n![A cup](http://{host}/a.png)"
    codes = {"link-at-home", "image-at-home"}
    assert not codes & found(body=body).keys()
    monkeypatch.setitem(app.config, "SITE_URL", "https://doctor.example.org")
    by_code = found(body=body)
    assert all(by_code[code].blocks for code in codes)


def test_the_cover_needs_words_and_a_whole_address(app):
    assert found(cover="https://example.org/a.png")["alt-missing"].field == "cover_alt"
    assert found(cover="/static/a.png", cover_alt="A cup")["relative-image"].field == "cover"


def test_a_picture_over_http_warns_where_the_site_is_on_https(app, monkeypatch):
    picture = {"cover": "http://example.org/a.png", "cover_alt": "A cup"}
    assert found(**picture) == {}
    monkeypatch.setitem(app.config, "SITE_URL", "https://doctor.example.org")
    assert not found(**picture)["http-image"].blocks


def test_what_gmail_clips_blocks_and_what_comes_near_warns(app):
    assert blocking(body="A few words more. " * 5700) == ["clipped"]
    finding = found(body="A few words more. " * 5100)["nearly-clipped"]
    assert not finding.blocks


def test_links_count_with_the_length_that_counting_clicks_gives_them(app):
    links = "\n\n".join(f"[{number}](https://a.io/{number})" for number in range(500))
    issue = issue_with(body=links)
    assert len(proof_of(issue, compose(issue)).html.encode()) < CLIPPED_AT_BYTES * 0.9
    assert "clipped" in {finding.code for finding in preflight.check_letter(issue)}


def test_a_card_of_nothing_and_a_cover_that_is_gone_block(app):
    finding = found(body="[article: Nothing of the kind]")["unknown-card"]
    assert finding.blocks
    assert "Nothing of the kind" in finding.message
    assert found(cover="/newsletter/pictures/gone.png", cover_alt="A cup")["cover-lost"].blocks


def test_a_header_that_mail_programs_cannot_use_is_missed(app, monkeypatch):
    monkeypatch.setattr(messages, "list_unsubscriber", lambda: lambda url, payload: "<mailto:hello@example.org>")
    assert "headers" in found()["no-unsubscribe"].message


def test_the_way_out_is_missed_wherever_it_is_missing(app, monkeypatch, tmp_path):
    templates = Path(app.root_path).parent / "templates"
    for suffix, name in (("html", "HTML"), ("txt", "plain text")):
        broken = tmp_path / suffix / "emails"
        broken.mkdir(parents=True)
        written = (templates / f"emails/base.{suffix}").read_text()
        (broken / f"base.{suffix}").write_text(written.replace("{{ unsubscribe_url }}", f"{SITE}/newsletter/"))
        finding = with_templates(app, monkeypatch, broken.parent)["no-unsubscribe"]
        assert finding.blocks
        assert f"in its {name}:" in finding.message


def test_a_template_that_is_lost_in_dark_mode_blocks(app, monkeypatch, tmp_path):
    broken = tmp_path / "emails"
    broken.mkdir()
    written = (Path(app.root_path).parent / "templates/emails/base.html").read_text()
    (broken / "base.html").write_text(written.replace("h1, h2, h3, p, ul,", "h1, h2, h3, ul,"))
    finding = with_templates(app, monkeypatch, tmp_path)["dark-mode"]
    assert finding.blocks
    assert "Words." in finding.message


def with_templates(app, monkeypatch, folder):
    """What is found when templates in `folder` stand in for those of the site."""
    app.jinja_env.cache.clear()
    with monkeypatch.context() as patch:
        patch.setattr(app.jinja_loader, "searchpath", [str(folder), *app.jinja_loader.searchpath])
        by_code = found()
    app.jinja_env.cache.clear()
    return by_code


def test_a_line_break_in_the_senders_name_blocks(app):
    assert blocking(sender_name="Ada\r\nBcc: x@example.org") == ["line-break"]
