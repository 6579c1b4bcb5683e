"""Reconciliation: Stripe's records beside ours. What no event told is mended; what no rule can mend is listed."""
