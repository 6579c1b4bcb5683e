"""The outbox: every e-mail the site sends is a row in the transaction that promises it, delivered once that commits."""

from app.outbox import records
from app.outbox.models import Email
from app.outbox.posting import post

# Imported, so that its part of what is held of a person is known.
__all__ = ["Email", "post", "records"]
