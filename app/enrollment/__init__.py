"""Enrollment: the course, its cohorts and seats, and paying for a place through Stripe Checkout."""
