"""Mail that came back: from which address a letter is sent, so that a bounce names its delivery (VERP)."""

from app.outbox import return_address


def envelope_sender(key: str) -> str:
    """The envelope's sender of the delivery with this bounce key (Delivery.bounce_key)."""
    return return_address.tagged(key)
