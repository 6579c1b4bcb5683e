"""The rules of the preflight that look at the letter alone, and ask nobody."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from flask import current_app

from app import markdown, tokens
from app.followups import merge
from app.newsletter.checking.dark_mode import faint
from app.newsletter.checking.findings import Finding, cut
from app.newsletter.checking.link_asking import WEB
from app.newsletter.checking.mail_html import Element, elements
from app.newsletter.checking.proofs import LONG_NAME, Proof, proof_of
from app.newsletter.issues import cards
from app.newsletter.issues.composing import FIELDS, Blank, compose
from app.newsletter.issues.links import Links
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import Cover
from app.newsletter.reading.clicks import PURPOSE
from app.outbox import sender_domain
from app.urls import absolute_url

Rule = Callable[[Issue, Proof], Iterator[Finding]]
LONGEST_SUBJECT, SHOWN_OF_SUBJECT, SHOWN_OF_PREVIEW = 150, 70, 150
# Gmail shows no more of the HTML, and hides the way off the list with the rest. It says so nowhere; the figure is what
# senders measured: https://github.com/hteumeuleu/email-bugs/issues/41.
CLIPPED_AT_BYTES = 102 * 1024
NEARLY = 0.9
MOST_LINES_NAMED = 3
PLACEHOLDER = re.compile(r"(?<!\w)(?:TK)+(?!\w)")
UNREAD_LINK = re.compile(r"\[[^\]]*\]\(")
# As Mailchimp, listmonk and Kit, or Marketo have it.
OTHERS_FIELD = re.compile(r"\*\|\w[\w:]*\|\*|\{\{[^{}\n]*\}\}|%%\w+%%")


def _subject(issue: Issue, proof: Proof) -> Iterator[Finding]:
    subject = str(proof.message["Subject"] or "")
    if not "".join(part if isinstance(part, str) else part.fallback for part in proof.composed.subject).strip():
        yield Finding("subject-empty", "Write a subject: nobody opens a letter without one.", True, "subject")
    elif len(subject) > LONGEST_SUBJECT:
        words = f"Shorten the subject: it has {len(subject)} characters, and {LONGEST_SUBJECT} is the most."
        yield Finding("subject-long", words, True, "subject")
    elif len(subject) > SHOWN_OF_SUBJECT:
        words = f"The subject has {len(subject)} characters; phones show about {SHOWN_OF_SUBJECT} of them at best."
        yield Finding("subject-cut", words, False, "subject")
    elif not any(character.isalnum() for character in subject):
        yield Finding("subject-wordless", "The subject holds no word; filters take that for spam.", False, "subject")


def _preview(issue: Issue, proof: Proof) -> Iterator[Finding]:
    if len(issue.preview) > SHOWN_OF_PREVIEW:
        words = f"The preview text has {len(issue.preview)} characters; inboxes show at most {SHOWN_OF_PREVIEW}."
        yield Finding("preview-cut", words, False, "preview")


def _body(issue: Issue, proof: Proof) -> Iterator[Finding]:
    shown = elements(str(markdown.render(issue.body)))
    if not any(each.tag == "img" or _is_seen(each.words) for each in shown):
        yield Finding("body-empty", "Write the letter: its body is empty.", True, "body")


def _raw_html(issue: Issue, proof: Proof) -> Iterator[Finding]:
    for line, tag in markdown.raw_html(issue.body)[:MOST_LINES_NAMED]:
        words = f"Readers see “{cut(tag)}” in line {line} as it is typed: letters hold no HTML. Write it in Markdown."
        yield Finding("raw-html", words, False, "body")


def _fields(issue: Issue, proof: Proof) -> Iterator[Finding]:
    known = ", ".join(f"{{{field}}}" for field in sorted(FIELDS))
    for name in ("subject", "preview", "body"):
        for field in dict.fromkeys(merge.unknown_fields(getattr(issue, name), FIELDS)):
            words = f"{{{field}}} is no merge field. Write one of {known}, or take the braces away."
            yield Finding("unknown-field", words, True, name)
        for found in dict.fromkeys(OTHERS_FIELD.findall(getattr(issue, name))):
            words = f"“{cut(found)}” would stand in the letter as it is. Write one of {known}, or take it out."
            yield Finding("unknown-field", words, True, name)
    for card in cards.unknown(issue.body):
        yield Finding("unknown-card", str(card), True, "body")
    for name, passage in (("subject", proof.composed.subject), ("body", proof.composed.text)):
        if Blank("first_name") in passage:
            words = "Some readers gave no name: write {first_name|Doctor}, or another word of yours after the bar."
            yield Finding("no-fallback", words, False, name)


def _placeholders(issue: Issue, proof: Proof) -> Iterator[Finding]:
    seen = [each.passage for each in proof.elements if each.is_seen and PLACEHOLDER.search(each.words)]
    alt = [each.attributes.get("alt", "") for each in proof.images]
    # Each by the first field that holds it: a preview stands at the top of the body as well, unseen.
    left: dict[str, str] = {}
    for name, texts in (("subject", [issue.subject]), ("preview", [issue.preview]), ("body", [*seen, *alt])):
        for text in filter(PLACEHOLDER.search, texts):
            left.setdefault(text, name)
    for text, name in left.items():
        yield Finding("tk", f"Replace the TK that is left in “{cut(text)}”.", True, name)


def _audience(issue: Issue, proof: Proof) -> Iterator[Finding]:
    for words in issue.audience.lost:
        yield Finding("audience-lost", f"{words} Choose the audience again.", True, "audience")


def _links(issue: Issue, proof: Proof) -> Iterator[Finding]:
    for element in (each for each in proof.elements if each.tag == "a"):
        link = element.attributes.get("href", "").strip()
        if not link or _is_broken(link):
            words = f"The link “{cut(element.all_words)}” has no address of the web or of mail: type it again."
            yield Finding("broken-link", words, True, "body")
        elif _is_at_home(link):
            words = f"“{cut(link)}” leads to the reader's own machine, not to yours: give the address of a public page."
            yield Finding("link-at-home", words, True, "body")
        elif link.startswith("#"):
            words = f"The link “{cut(element.all_words)}” leads nowhere in a mail: give it the whole address of a page."
            yield Finding("anchor", words, True, "body")
        elif not link.lower().startswith((*WEB, "mailto:")):
            words = (
                f"“{cut(link)}” leads nowhere in a mail: begin it with {current_app.config['SITE_URL']} or https://."
            )
            yield Finding("relative-link", words, True, "body")
        elif not _is_labeled(element, proof):
            words = f"The link to “{cut(link)}” has no words, so nobody sees it: write some between its brackets."
            yield Finding("wordless-link", words, False, "body")
    for element in (each for each in proof.elements if each.is_prose and UNREAD_LINK.search(each.words)):
        words = f"“{cut(element.words)}” holds a link that was not understood: write [words](https://address)."
        yield Finding("broken-link", words, True, "body")


def _images(issue: Issue, proof: Proof) -> Iterator[Finding]:
    cover = Cover.at(issue.cover)
    if issue.cover and cover is None:
        yield Finding("cover-lost", "The cover picture is gone: choose it again, or go without.", True, "cover")
    for image in proof.images:
        source = image.attributes.get("src", "").strip()
        field = "cover" if cover and source == cover.url else "body"
        if not image.attributes.get("alt", "").strip():
            words = f"Say what the picture {cut(source)} shows: many readers see or hear only its alt text."
            yield Finding("alt-missing", words, True, "cover_alt" if field == "cover" else "body")
        if not source.lower().startswith(WEB):
            words = f"The picture “{cut(source)}” does not show in a mail: give its whole address, with https://."
            yield Finding("relative-image", words, True, field)
        elif _is_at_home(source):
            words = f"The picture “{cut(source)}” lies where no reader finds it: give a public address."
            yield Finding("image-at-home", words, True, field)
        elif source.lower().startswith("http://") and current_app.config["SITE_URL"].startswith("https:"):
            words = f"The picture {cut(source)} comes over http; some mail programs leave it out. Use https."
            yield Finding("http-image", words, False, field)


def _way_out(issue: Issue, proof: Proof) -> Iterator[Finding]:
    url, one_click = proof.unsubscribe_url, proof.message["List-Unsubscribe-Post"]
    lacking = [
        where
        for where, is_there in (
            ("headers", bool(url) and one_click == "List-Unsubscribe=One-Click"),
            ("plain text", bool(url) and url in proof.text),
            ("HTML", bool(url) and url in proof.links),
        )
        if not is_there
    ]
    if lacking:
        words = f"There is no unsubscribe link in its {' and '.join(lacking)}: put it back into templates/emails/."
        yield Finding("no-unsubscribe", words, True, "")


class _LongLinks(Links):
    """As long as the ones that are counted get."""

    def __init__(self) -> None:
        token = tokens.sign_shared(PURPOSE, [2**31, 10**4])
        self.canary = absolute_url("newsletter.follow_link", token=token)

    def exchanged(self, url: str) -> str:
        return self.canary


def _size(issue: Issue, proof: Proof) -> Iterator[Finding]:
    if len(proof.html.encode()) * 3 < CLIPPED_AT_BYTES:  # No link that is counted takes three times its place.
        return
    size = len(proof_of(issue, compose(issue, _LongLinks()), LONG_NAME).html.encode())
    if size > CLIPPED_AT_BYTES * NEARLY:
        blocks = size > CLIPPED_AT_BYTES
        fate = "Gmail clips it, and the way off the list with it" if blocks else "Gmail clips what is over 102 kB"
        words = f"Shorten the letter: its HTML has {size / 1024:.0f} kB, and {fate}."
        yield Finding("clipped" if blocks else "nearly-clipped", words, blocks, "body")


def _dark(issue: Issue, proof: Proof) -> Iterator[Finding]:
    for shown, ratio in faint(proof.elements):
        words = f"“{cut(shown)}” cannot be read in dark mode: its contrast is {ratio:.1f}, and 3 is the least. "
        words += "Give it another color under prefers-color-scheme in templates/emails/base.html."
        yield Finding("dark-mode", words, True, "body")


def _is_seen(words: str) -> bool:
    """Whether there is more than blanks in it, and characters that show nothing."""
    return any(each.isprintable() and not each.isspace() for each in words)


def _is_labeled(link: Element, proof: Proof) -> bool:
    """Whether a reader sees or hears it. One that is hidden on purpose need not be."""
    if _is_seen(link.all_words) or link.attributes.get("aria-hidden") == "true":
        return True
    return any(link in image.lineage() for image in proof.images)


def _is_broken(link: str) -> bool:
    if link.lower().startswith("mailto:"):
        return "@" not in link
    return link.lower().startswith(WEB) and not _host(link)


def _is_at_home(link: str) -> bool:
    """Whether it leads to a machine on somebody's own desk, though this site is on the web."""
    here, there = _host(current_app.config["SITE_URL"]), _host(link)
    return _is_loopback(there) and not _is_loopback(here)


def _is_loopback(host: str) -> bool:
    return sender_domain.is_local(host) or host == "::1" or host.startswith("127.")


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""


RULES: tuple[Rule, ...] = (
    _subject,
    _preview,
    _body,
    _raw_html,
    _fields,
    _placeholders,
    _audience,
    _links,
    _images,
    _way_out,
    _size,
    _dark,
)
