"""When somebody is busy, from the bytes of their calendar (RFC 5545).

It is run as a program of its own and imports nothing of the site, its own files by where they lie: whoever may send an
invitation writes into that calendar, so the time and the memory that it can take are bounded from outside (see
busy_feed).
"""
