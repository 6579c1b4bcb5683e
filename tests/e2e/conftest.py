"""The site as `make run` serves it, a mail server that receives what it sends, and Debian's Chromium to use it."""

import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.conftest import lacking
from tests.processes import start, stop, wait_until
from tests.smtp_server import MailServer, free_port

FLASK = Path(sys.executable).parent / "flask"
CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}


class Site(NamedTuple):
    """A running site: where it is, what it mails, what it says."""

    url: str
    mail: MailServer
    log: Path
    settings: dict[str, str]

    def run(self, *arguments: str) -> None:
        """`flask` with these arguments, beside the site; what it says goes to the log."""
        assert start([str(FLASK), *arguments], self.settings, self.log).wait(60) == 0, self.log.read_text()

    def mail_to(self, address: str, about: str = "", saying: str = "") -> EmailMessage:
        """The newest mail to `address` with `about` in its subject and `saying` in its text; waits for it."""

        def found() -> list[EmailMessage]:
            letters = self.mail.to(address)
            return [letter for letter in letters if about in str(letter["Subject"]) and saying in text_of(letter)]

        wait_until(found, 30, f"a mail to {address} about {about!r} saying {saying!r}")
        return found()[-1]

    @property
    def owner_link(self) -> str:
        found = re.search(r"http://\S+/sign-in/\S+", self.log.read_text())
        assert found, self.log.read_text()
        return found[0]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, path: str) -> str:
    """The first link in the text of a mail whose path begins with `path`."""
    found = re.search(rf"http://[^/\s]+{re.escape(path)}[^\s)>]*", text_of(message))
    assert found, text_of(message)
    return found[0]


@pytest.fixture(scope="session")
def running_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    mail, port, log = MailServer().start(), _two_free_ports(), folder / "site.log"
    settings = {
        "PORT": str(port),
        "INSTANCE_PATH": str(folder / "instance"),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(mail.port),
        "OWNER_EMAIL": "owner@doctor.example.org",
        "MAIL_DEFAULT_SENDER": "The Developing Doctor <hello@doctor.test>",
        "RATELIMIT_ENABLED": "0",
    }
    process = start([str(FLASK), "up"], settings, log)
    site = Site(f"http://localhost:{port}", mail, log, settings)
    try:
        wait_until(lambda: "Ctrl-C" in log.read_text() or process.poll() is not None, 60, "the start of the site")
        assert urlopen(f"{site.url}/readyz").status == 200, log.read_text()
        yield site
    finally:
        stop(process)
        mail.stop()


def _two_free_ports() -> int:
    """A port whose neighbour is free too: the stand-in for Stripe takes the next one."""
    while True:
        port = free_port()
        with socket.socket() as neighbour:
            try:
                neighbour.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        lacking("no Chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(browser: Browser, running_site: Site) -> Iterator[NewPage]:
    """Opens pages of separate visitors; a page that logs an error to its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(base_url=running_site.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(message) -> bool:
    # Chromium logs every answer of 4xx as an error; the forms answer 422 on purpose.
    return message.type == "error" and "Failed to load resource" not in message.text


@pytest.fixture(params=["phone", "desktop", "without script"])
def page(request: pytest.FixtureRequest, new_page: NewPage) -> Page:
    """A visitor on a phone, at a desk, and one whose browser runs no script."""
    options = {"phone": PHONE, "desktop": {}, "without script": {"java_script_enabled": False}}
    return new_page(**options[request.param])


@pytest.fixture(scope="session")
def owner_session(browser: Browser, running_site: Site) -> StorageState:
    """What a browser keeps once the owner has signed in by the printed link, which is good once."""
    with browser.new_context(base_url=running_site.url) as context:
        page = context.new_page()
        page.goto(running_site.owner_link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(re.compile("/studio/"))
        return context.storage_state()


@pytest.fixture
def owner_page(new_page: NewPage, owner_session: StorageState) -> Page:
    """A page of the owner's browser."""
    return new_page(storage_state=owner_session)
