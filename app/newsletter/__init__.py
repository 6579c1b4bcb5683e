"""The newsletter: who subscribed, proven by double opt-in, and how they leave."""
