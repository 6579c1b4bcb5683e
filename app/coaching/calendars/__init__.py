"""Consultations in people's own calendars: the files that mails carry, the one to download, the coach's feed."""
