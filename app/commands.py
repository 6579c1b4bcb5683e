"""The site's own commands: flask setup, owner, worker, up, …"""

from flask import Flask


def register_commands(app: Flask) -> None:
    """Add the commands to `flask`."""
