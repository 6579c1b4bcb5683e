"""Coaching: the offer, and consultations, from the request on."""
