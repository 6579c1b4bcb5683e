"""The worker as its own process, on every database and queue, and a mail server that takes its time."""

import signal

import pytest

from app.extensions import queue
from tests.conftest import redis_url
from tests.processes import start, stop
from tests.smtp_server import MailServer

CONNECTIONS = 4


@pytest.fixture(params=["file", "redis"])
def queue_url(request, tmp_path):
    if request.param == "file":
        return f"sqlite:///{tmp_path}/queue.db"
    return redis_url()


@pytest.fixture
def settings(app, database_url, queue_url, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "QUEUE_URL", queue_url)
    queue.init_app(app)
    queue.flush()
    yield {
        "INSTANCE_PATH": str(tmp_path),
        "DATABASE_URL": database_url,
        "QUEUE_URL": queue_url,
        "SECRET_KEY": app.config["SECRET_KEY"],
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_CONNECTIONS": str(CONNECTIONS),
        "MAIL_DEFAULT_SENDER": app.config["MAIL_DEFAULT_SENDER"],
    }
    queue.flush()
    queue.storage.close()


@pytest.fixture
def slow_server():
    """Takes its time over each mail, so that a kill finds some in hand."""
    server = MailServer(seconds_per_mail=0.02).start()
    yield server
    server.stop()


@pytest.fixture
def start_worker(settings, slow_server, tmp_path):
    """Starts workers that send to the slow server, and leaves none running."""
    settings["MAIL_PORT"] = str(slow_server.port)
    workers = []

    def start_one():
        workers.append(start(["flask", "worker"], settings, tmp_path / "worker.log"))
        return workers[-1]

    yield start_one
    for worker in workers:
        stop(worker, signal.SIGKILL)
    print((tmp_path / "worker.log").read_text())  # Shown with a failure.
