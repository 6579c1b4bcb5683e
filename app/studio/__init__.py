"""The studio: the side of the site that only its owner sees. What came in, what went out, what waits for a human."""
