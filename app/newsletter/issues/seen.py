"""What somebody had before them when they began to change it, as a short word that a form carries along."""

import json
from hashlib import sha256
from typing import Any


def mark_of(*values: Any) -> str:
    """The same for the same `values`, which JSON can hold, and another for others."""
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
