"""A subscriber's own pages: what comes and when, another address, one's own data, and leaving."""
