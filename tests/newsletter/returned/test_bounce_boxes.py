"""Reading a Maildir, a mailbox over IMAP, and standard input."""

import threading

import pytest

from app.extensions import db
from app.newsletter import tasks
from app.newsletter.returned import bounce_boxes
from app.newsletter.returned.bounce_boxes import KEYWORD
from app.people.suppressions import HARD_BOUNCE, Suppression
from tests.imap_server import Mailbox
from tests.newsletter.conftest import fresh
from tests.newsletter.returned.conftest import counters, envelope_of, reason, sent
from tests.newsletter.returned.mails import POSTFIX, REPLY, mail
from tests.sites import running


@pytest.fixture
def maildir(tmp_path):
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def mailbox(app):
    box = Mailbox()
    yield box
    box.stop()


def put(maildir, name, raw):
    (maildir / "new" / name).write_bytes(raw)


def names(maildir, folder):
    return sorted(path.name for path in (maildir / folder).iterdir())


def read(app, *args, stdin=b""):
    return app.test_cli_runner().invoke(args=["newsletter", "bounces", *map(str, args)], input=stdin)


def test_a_maildir_is_read_and_what_was_handled_is_marked_as_seen(app, delivery, maildir):
    put(maildir, "1.bounce", mail(POSTFIX, envelope=envelope_of(delivery)))
    put(maildir, "2.reply", mail(REPLY))
    put(maildir, "3.noise", b"\xff\xff")
    result = read(app, "--maildir", maildir)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "1 bounce, 1 malformed, 1 other")
    assert (names(maildir, "new"), names(maildir, "cur")) == ([], ["1.bounce:2,S", "2.reply:2,", "3.noise:2,F"])
    assert (maildir / "cur" / "3.noise:2,F").read_bytes() == b"\xff\xff"
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert read(app, "--maildir", maildir).output.splitlines()[-1] == "Nothing new."


def test_two_workers_that_read_the_same_maildir_count_each_bounce_once(app, ada, clock, maildir):
    ada.subscribe()
    letters = [sent(clock.time) for _ in range(6)]
    for number, delivery in enumerate(letters):
        put(maildir, f"{number}.a", mail(POSTFIX, envelope=envelope_of(delivery)))
        put(maildir, f"{number}.b", mail(POSTFIX, envelope=envelope_of(delivery)))
    db.session.rollback()
    ready, failures = threading.Barrier(2), []

    def work():
        with app.app_context():
            ready.wait()
            try:
                bounce_boxes.read_maildir(maildir)
            except Exception as failure:
                failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [counters(delivery) for delivery in letters] == [(1, 0)] * 6
    assert fresh(lambda: db.session.query(Suppression).count()) == 1
    assert (names(maildir, "new"), len(names(maildir, "cur"))) == ([], 12)


def test_a_database_that_is_away_leaves_the_mail_where_it_is(app, delivery, maildir, tmp_path_factory):
    raw = mail(POSTFIX, envelope=envelope_of(delivery))
    put(maildir, "1.bounce", raw)
    elsewhere = tmp_path_factory.mktemp("instance")
    with running("postgresql+psycopg://nobody@127.0.0.1:1/nothing", elsewhere) as site_without_database:
        result = read(site_without_database, "--maildir", maildir)
        assert (result.exit_code, names(maildir, "new")) == (75, ["1.bounce"])
        assert read(site_without_database, "-", stdin=raw).exit_code == 75


def test_one_mail_from_standard_input_as_a_mail_servers_pipe_gives_it(app, delivery):
    result = read(app, "-", stdin=mail(POSTFIX, envelope=envelope_of(delivery)))
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "1 bounce")
    assert counters(delivery) == (1, 0)
    assert read(app, "-", stdin=mail(REPLY)).exit_code == 0


def test_of_an_unreadable_mail_from_a_pipe_nobody_says_that_it_is_kept(app, caplog):
    result = read(app, "-", stdin=b"\xff")
    assert (result.exit_code, "no copy of it is kept" in result.output) == (65, True)
    assert "from the pipe cannot be read: it has no headers" in caplog.text


def test_a_mailbox_is_read_over_imap_and_mail_for_a_human_stays_unread(app, delivery, mailbox, monkeypatch):
    monkeypatch.setitem(app.config, "BOUNCE_IMAP_URL", mailbox.url)
    bounce = mailbox.put(mail(POSTFIX, envelope=envelope_of(delivery)))
    reply, noise = mailbox.put(mail(REPLY)), mailbox.put(b"\xff\xff")
    result = read(app)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "1 bounce, 1 malformed, 1 other")
    assert mailbox.flags(bounce) == {"\\Seen"}
    assert mailbox.flags(reply) == {KEYWORD}
    assert mailbox.flags(noise) == {KEYWORD, "\\Flagged"}
    assert (reason(), counters(delivery)) == (HARD_BOUNCE, (1, 0))
    assert read(app).output.splitlines()[-1] == "Nothing new."


@pytest.mark.parametrize("answer", ["NO there are no keywords here", "BAD no such flag", "OK and forgotten"])
def test_a_mailbox_that_keeps_no_marks_is_not_read_over_and_over(app, delivery, mailbox, monkeypatch, answer):
    mailbox.says_to_keywords = answer
    mailbox.validity, reply = 1, mailbox.put(mail(REPLY))
    bounce = mailbox.put(mail(POSTFIX, envelope=envelope_of(delivery)))
    assert bounce_boxes.read_imap(mailbox.url) == {"other": 1, "bounce": 1}
    assert (mailbox.flags(reply), mailbox.flags(bounce)) == (set(), {"\\Seen"})
    assert bounce_boxes.read_imap(mailbox.url) == {}
    mailbox.put(mail(REPLY))
    assert bounce_boxes.read_imap(mailbox.url) == {"other": 1}
    mailbox.validity = 2
    assert bounce_boxes.read_imap(mailbox.url) == {"other": 2}


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"])
def test_a_mailbox_that_hangs_up_is_read_to_the_end_the_next_time(app, delivery, mailbox, monkeypatch, caplog, command):
    monkeypatch.setitem(app.config, "BOUNCE_IMAP_URL", mailbox.url)
    bounce = mailbox.put(mail(POSTFIX, envelope=envelope_of(delivery)))
    mailbox.hang_up_at = command
    tasks.read_bounces.call_local()
    assert "could not be read; trying again" in caplog.text
    assert "pass" not in caplog.text
    mailbox.hang_up_at = ""
    tasks.read_bounces.call_local()
    assert (counters(delivery), mailbox.flags(bounce)) == ((1, 0), {"\\Seen"})


@pytest.mark.parametrize(("old", "new"), [("pass%2Fword", "wrong"), ("/INBOX", "/Nowhere")])
def test_a_mailbox_that_does_not_open_is_told_in_a_line_without_the_password(app, mailbox, monkeypatch, old, new):
    monkeypatch.setitem(app.config, "BOUNCE_IMAP_URL", mailbox.url.replace(old, new))
    result = read(app)
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1
    assert "pass/word" not in result.output


def test_the_worker_reads_the_maildir_of_the_settings(app, delivery, maildir, monkeypatch):
    monkeypatch.setitem(app.config, "BOUNCE_MAILDIR", str(maildir))
    put(maildir, "1.bounce", mail(POSTFIX, envelope=envelope_of(delivery)))
    tasks.read_bounces.call_local()
    assert counters(delivery) == (1, 0)


@pytest.mark.parametrize("setting", [None, "/dev/null/maildir"])
def test_nowhere_to_read_from_is_said(app, monkeypatch, setting):
    monkeypatch.setitem(app.config, "BOUNCE_MAILDIR", setting)
    result = read(app)
    assert result.exit_code == 1
    assert ("BOUNCE_IMAP_URL" if setting is None else "/dev/null/maildir") in result.output
