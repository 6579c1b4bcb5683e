"""What holds an issue up, for whoever does not run mail servers."""

import re

UNREACHABLE = "The mail server cannot be reached."
BROKE_OFF = "The mail server broke off the conversation."
INSECURE = "No secure connection to the mail server could be made."
LOG_IN = "The mail server does not take the log-in just now."
SILENT = "The mail server does not answer."
REFUSES = "The mail server does not take letters just now."
INSIDE = "Something went wrong on the site itself."
# By the error's name in Python; what else SMTP raises, and every other error, comes after them.
BY_ERROR = {
    **dict.fromkeys(("ConnectionRefusedError", "TimeoutError", "gaierror", "OSError"), UNREACHABLE),
    **dict.fromkeys(("ConnectionResetError", "ConnectionAbortedError", "BrokenPipeError"), BROKE_OFF),
    "SMTPServerDisconnected": BROKE_OFF,
    "SMTPAuthenticationError": LOG_IN,
}
BY_BEGINNING = (
    (r"the server hung up", BROKE_OFF),
    (r"no answer within", SILENT),
    (r"SSL\w+:", INSECURE),
    (r"SMTP\w+:|\d{3}\b", REFUSES),
    (r"\w*(Error|Exception):", INSIDE),
)


def trouble_in_words(trouble: str) -> str:
    """A sentence for `trouble` as an issue keeps it; "" where that is one already."""
    if known := BY_ERROR.get(trouble.partition(":")[0]):
        return known
    return next((words for beginning, words in BY_BEGINNING if re.match(beginning, trouble)), "")
