"""A gentle check for what has no place in a form of ours: record numbers, dates of birth, social security numbers."""

import re

_NUMBER = r"[a-z]{0,3}-?\d(?:[-./ ]?\d){2,}"
_MONTH_AND_DAY = r"\d{1,2}(st|nd|rd|th)?( of)? ?[a-z]{3}|[a-z]{3,9}\.? \d{1,2}"
# Such as "12345 visits a year": how much one does, and nobody's number.
_NOT_SO_MANY = r"(?!(?: [a-z]+){1,2} ?(?:a|per|each|every|/) ?(?:year|month|week|day|night|shift))"
SIGNS = {
    "a record number": r"\b(MRN|medical record|(record|chart|case|MR) ?(number|no|num|#)|patient (id|number|no|#))"
    rf"[\W_]{{0,5}}((number|no|num|is)\b[\W_]{{0,5}})?{_NUMBER}"
    rf"|\b(patient|chart|FIN|CSN)[\W_]{{1,3}}\d{{5,}}\b{_NOT_SO_MANY}",
    "a date of birth": r"\b(DOB|D\.O\.B|date of birth|birth ?date|born|geb)\b[\W_]{0,5}(is|on|in)?[\W_]{0,3}(the )?"
    rf"(\d{{1,4}}[-/. ]\d{{1,2}}|\d{{6}}(\d{{2}})?\b|{_MONTH_AND_DAY})"
    # A birthday without its year may be one's own, or a child's, that a shift falls on.
    r"|\bbirthday\b[\W_]{0,5}(is|on|of)?[\W_]{0,3}\d{1,2}[-/.]\d{1,2}[-/.]\d{2}",
    "a social security number": r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])",
}
_PATTERNS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in SIGNS.items()}


def found_in(text: str) -> str | None:
    """What kind of patient information `text` seems to hold, if any. It finds the obvious; it proves nothing."""
    return next((what for what, pattern in _PATTERNS.items() if pattern.search(text)), None)
