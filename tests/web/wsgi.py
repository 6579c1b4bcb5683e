"""The site with the tests' pages, for a real server to load."""

from app import create_app
from tests.web.pages import add_pages

app = create_app()
add_pages(app)
