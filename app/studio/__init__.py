"""The studio: the side of the site that only its owner sees."""
