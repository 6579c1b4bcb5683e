"""flask newsletter: what the owner does from the command line."""

from flask.cli import AppGroup

newsletter = AppGroup("newsletter", help="Send the newsletter, and read what comes back.")

# More verbs of the group, so they come after it.
from app.newsletter.checking import preflight_commands  # noqa: E402, F401
from app.newsletter.in_and_out import import_commands  # noqa: E402, F401
from app.newsletter.issues import issue_commands  # noqa: E402, F401
from app.newsletter.returned import bounce_commands  # noqa: E402, F401
