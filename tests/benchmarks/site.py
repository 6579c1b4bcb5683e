"""A site with its starter content, for the benchmarks to ask for its hub."""

from pathlib import Path

from flask import Flask

from app import config, create_app
from app.commands import set_up
from tests.benchmarks.tools import fetched, granian, running

HUB = "/hubs/leadership-mentorship"


class BenchSite:
    """A fresh instance in `folder`, and its hub page as a file that others can serve."""

    def __init__(self, folder: str) -> None:
        self.settings = {"INSTANCE_PATH": str(Path(folder) / "instance")}
        self.app: Flask = create_app(config.load(self.settings | {"LOG_LEVEL": "ERROR"}))
        with self.app.app_context():
            set_up()
        self.files = Path(folder) / "files"
        self.page = self.files / HUB.lstrip("/") / "index.html"

    def save_page(self) -> bytes:
        """The hub's plain bytes, kept where nginx and the bare function find them."""
        with running(granian("wsgi:app", **self.settings), HUB) as (address, _):
            body = fetched(address + HUB)
        self.page.parent.mkdir(parents=True, exist_ok=True)
        self.page.write_bytes(body)
        return body
