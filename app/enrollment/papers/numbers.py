"""Numbers of papers: DD-4K7QM-2XW9P-0RHTB, said over the phone and typed from print.

Crockford's base 32 (https://www.crockford.com/base32.html) without its vowels, so that no number is a word. Fifteen
symbols of thirty are 73 bits: nobody comes upon a paper by trying.
"""

import re
import secrets

SYMBOLS = "0123456789BCDFGHJKMNPQRSTVWXYZ"
PREFIX = "DD"
GROUPS, LENGTH = 3, 5
# What is read as another symbol, as Crockford has it.
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_number() -> str:
    return _written("".join(secrets.choice(SYMBOLS) for _ in range(GROUPS * LENGTH)))


def as_written(typed: str) -> str:
    """The number that `typed` means, whatever its case, spaces and dashes; empty if no number can be meant."""
    symbols = re.sub(r"[^0-9A-Z]", "", typed[:100].upper()).removeprefix(PREFIX).translate(_MISREAD)
    return _written(symbols) if re.fullmatch(f"[{SYMBOLS}]{{{GROUPS * LENGTH}}}", symbols) else ""


def _written(symbols: str) -> str:
    return "-".join([PREFIX, *(symbols[start : start + LENGTH] for start in range(0, GROUPS * LENGTH, LENGTH))])
