"""Coaching: the offer, and consultations from request to calendar."""
