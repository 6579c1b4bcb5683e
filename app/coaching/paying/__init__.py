"""Paying for a consultation of a kind that has a price: its time is held while Stripe's page is open, then booked."""
