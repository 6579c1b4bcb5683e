"""Another cohort than the one that was bought: offered to whoever paid when no seat was left, or the payment back."""
