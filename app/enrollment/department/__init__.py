"""Seats that somebody bought for others: each is handed out by a link, and whoever claims one has a place."""
