"""Why a consultation does not become what somebody wants of it."""


class TooManyOpen(Exception):
    """The person has as many open requests as anybody may have."""


class AlreadyOver(Exception):
    """What was cancelled, has begun or has taken place cannot be changed any more."""


class NotBegun(Exception):
    """What is still to come can neither have taken place nor have been missed."""
