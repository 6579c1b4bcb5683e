"""flask newsletter: what the owner does from the command line."""

from flask.cli import AppGroup

newsletter = AppGroup("newsletter", help="Send the newsletter, and read what comes back.")
