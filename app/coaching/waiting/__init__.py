"""The waiting list: who wants to know when something opens, and openings offered to one of them at a time."""
