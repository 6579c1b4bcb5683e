"""Booking: times that are taken or held, each for one consultation only."""
