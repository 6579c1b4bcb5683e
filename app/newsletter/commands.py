"""flask newsletter: what the owner does from the command line."""

from flask.cli import AppGroup

newsletter = AppGroup("newsletter", help="Send the newsletter, and read what comes back.")

# More verbs of the group, so they come after it.
from app.newsletter import bounce_commands, import_commands, issue_commands, preflight_commands  # noqa: E402, F401
