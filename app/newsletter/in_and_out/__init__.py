"""Subscribers in and out as CSV, from the files of other systems and back."""
