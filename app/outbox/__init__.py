"""The outbox: every e-mail the site sends is a row in the transaction that promises it, delivered once that commits."""

from app.outbox.models import Email
from app.outbox.posting import post

__all__ = ["Email", "post"]
