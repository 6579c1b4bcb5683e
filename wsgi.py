"""The site, as a WSGI server loads it."""

from app import create_app

app = create_app()
