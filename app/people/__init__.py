"""People: one record per human, what they agreed to, and how they sign in."""
