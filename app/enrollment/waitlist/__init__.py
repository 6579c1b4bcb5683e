"""The waiting list of a cohort that is full: who waits for a seat, and seats held for one of them at a time."""
