"""Sequences of e-mails with delays, started and stopped by explicit calls."""
