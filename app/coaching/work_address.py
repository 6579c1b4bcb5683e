"""A gentle look at where an address is kept: an employer may read what comes to it, and one leaves it behind."""

import re

# What domains of hospitals, clinics and universities have in them. The page's script reads it too.
SIGNS = r"\.edu$|\.edu\.|\.ac\.[a-z]{2}$|\.mil$|\.va\.gov$|\bnhs\b|hospital|clinic|health|medic|univ"


def looks_like_work(address: str) -> bool:
    """Whether it seems to be kept by a hospital or a university. It finds the obvious; it proves nothing."""
    return bool(re.search(SIGNS, address.rpartition("@")[2], re.IGNORECASE))
