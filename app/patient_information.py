"""A gentle check for what has no place in a form of ours: record numbers, dates of birth, social security numbers."""

import re

_NUMBER = r"[a-z]{0,3}-?\d(?:[-./ ]?\d){2,}"
_MONTH_AND_DAY = r"\d{1,2}(st|nd|rd|th)?( of)? ?[a-z]{3}|[a-z]{3,9}\.? \d{1,2}"
SIGNS = {
    "a record number": r"\b(MRN|medical record|(record|chart|case) ?(number|no|num|#)|patient (id|number|no|#))"
    rf"[\W_]{{0,5}}((number|no|num|is)\b[\W_]{{0,5}})?{_NUMBER}|\bpatient[\W_]{{1,3}}\d{{5,}}",
    "a date of birth": r"\b(DOB|D\.O\.B|date of birth|birth ?date|born|geb)\b[\W_]{0,5}(is|on|in)?[\W_]{0,3}(the )?"
    rf"(\d{{1,4}}[-/. ]\d{{1,2}}|{_MONTH_AND_DAY})",
    "a social security number": r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])",
}
_PATTERNS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in SIGNS.items()}


def found_in(text: str) -> str | None:
    """What kind of patient information `text` seems to hold, if any. It finds the obvious; it proves nothing."""
    return next((what for what, pattern in _PATTERNS.items() if pattern.search(text)), None)
