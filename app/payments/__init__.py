"""Payments: Stripe's pages, events and refunds, for the rooms that sell something. What is sold, they know."""
